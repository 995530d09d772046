"""Words every context shares: time, ids, money, scope, storage, the agenda. No hotel and no HTTP lives here."""
