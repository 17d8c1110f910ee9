#!/bin/sh
# Installs tinquan from this clone into a virtual environment, as a wheel: install.sh FOLDER
# The clone is not needed afterwards. PYTHON names the interpreter; python3 if unset.
set -eu
target=$1
cd "$(dirname "$0")/../.."
wheels=$(mktemp -d)
trap 'rm -r "$wheels"' EXIT
"${PYTHON:-python3}" -m venv "$target"
python="$target/bin/python"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$python" -m pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements.lock
"$python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$wheels" .
"$python" -m pip install --quiet --no-deps --no-index --force-reinstall "$wheels"/tinquan-*.whl
"$python" -m pip check
