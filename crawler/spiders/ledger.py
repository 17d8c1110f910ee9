"""Keeps a listing's validator back until everything that the listing linked to is stored."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from storage.model import Validator


@dataclass
class _Debt:
    validator: Validator
    open_keys: set[str]


@dataclass
class Ledger:
    """Who waits for what. `save` is called once a validator's articles are all stored.

    kill -9 before that, and the listing is asked in full the next time: nothing is lost.
    """

    save: Callable[[Validator], None]
    _debts: list[_Debt] = field(default_factory=list)
    _open: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)

    def opens(self, key: str) -> None:
        """Note that an article is asked for."""
        self._open.add(key)

    def expect(self, validator: Validator, keys: Iterable[str]) -> None:
        """Save `validator` as soon as all `keys` are settled well; never if one fails."""
        keys = set(keys)
        if not keys & self._failed:
            self._debts.append(_Debt(validator, keys & self._open))
            self._pay()

    def settle(self, key: str, *, well: bool) -> None:
        """Note how an article ended: stored or finally refused (well), or not."""
        self._open.discard(key)
        if not well:
            self._failed.add(key)
            self._debts = [debt for debt in self._debts if key not in debt.open_keys]
        for debt in self._debts:
            debt.open_keys.discard(key)
        self._pay()

    def _pay(self) -> None:
        due = [debt for debt in self._debts if not debt.open_keys]
        self._debts = [debt for debt in self._debts if debt.open_keys]
        for debt in due:
            self.save(debt.validator)
