"""What must hold in the issuer's database whatever was killed when: rules in SQL.

Each query finds what breaks its rule, so a sound database gives no rows at all.
"""

from typing import Final

from sqlalchemy import Connection, text

RULES: Final = {
    "an offer gave two tokens": """
        SELECT offer_id FROM tokens GROUP BY offer_id HAVING count(*) > 1""",
    "a token without a redeemed offer": """
        SELECT t.hash FROM tokens t JOIN offers o ON o.id = t.offer_id
        WHERE o.state != 'redeemed'""",
    "a redeemed offer without a token": """
        SELECT o.id FROM offers o LEFT JOIN tokens t ON t.offer_id = o.id
        WHERE o.state = 'redeemed' AND t.hash IS NULL""",
    "an offer with more tries than it has": "SELECT id FROM offers WHERE attempts > 5",
    "two open offers for one record": """
        SELECT record_id FROM offers WHERE state = 'open' GROUP BY record_id HAVING count(*) > 1""",
    "a nonce spent twice": "SELECT hash FROM spent_nonces GROUP BY hash HAVING count(*) > 1",
    "a place given twice": """
        SELECT list_id, position FROM status_entries
        GROUP BY list_id, position HAVING count(*) > 1""",
    "a place outside its list": """
        SELECT e.position FROM status_entries e JOIN status_lists l ON l.id = e.list_id
        WHERE e.position NOT BETWEEN 0 AND l.size - 1""",
    "places counted wrong": """
        SELECT l.id FROM status_lists l
        WHERE l.allocated != (SELECT count(*) FROM status_entries e WHERE e.list_id = l.id)""",
    "an intended place that nobody holds": """
        SELECT i.id, j.value FROM issuances i, json_each(i.intended, '$.indices') j
        WHERE NOT EXISTS (SELECT 1 FROM status_entries e
                          WHERE e.issuance_id = i.id AND e.position = j.value)""",
    "a held place that nobody intended": """
        SELECT e.position FROM status_entries e JOIN issuances i ON i.id = e.issuance_id
        WHERE e.position NOT IN (SELECT j.value FROM json_each(i.intended, '$.indices') j)""",
    "a key that two issuances signed for": """
        SELECT j.value FROM issuances i, json_each(i.intended, '$.keys') j
        WHERE i.state = 'issued' GROUP BY j.value HAVING count(*) > 1""",
    "two issuances of one token": """
        SELECT token_hash FROM issuances WHERE state = 'issued'
        GROUP BY token_hash HAVING count(*) > 1""",
    "a token that points at nothing issued": """
        SELECT t.hash FROM tokens t LEFT JOIN issuances i ON i.id = t.issuance_id
        WHERE t.issuance_id IS NOT NULL AND (i.id IS NULL OR i.state != 'issued')""",
    "an issuance its token does not know": """
        SELECT i.id FROM issuances i JOIN tokens t ON t.hash = i.token_hash
        WHERE i.state = 'issued' AND t.issuance_id IS NOT i.id""",
    "an answer without an issuance": """
        SELECT id FROM issuances WHERE answer IS NOT NULL AND state != 'issued'""",
    "an issuance without its answer or its end": """
        SELECT id FROM issuances
        WHERE state = 'issued' AND answer IS NULL AND event IS NULL AND forget_at IS NOT NULL""",
    "a record that forgot it was issued": """
        SELECT r.id FROM records r JOIN issuances i ON i.record_id = r.id
        WHERE i.state = 'issued' AND r.issued_at IS NULL""",
    "a place that does not say what its record says": """
        SELECT e.position FROM status_entries e JOIN records r ON r.id = e.record_id
        WHERE e.value != CASE r.standing
            WHEN 'valid' THEN 0 WHEN 'withdrawn' THEN 1 WHEN 'paused' THEN 2 END""",
    "a withdrawn record with an offer": """
        SELECT o.id FROM offers o JOIN records r ON r.id = o.record_id
        WHERE r.standing = 'withdrawn' AND o.state = 'open'""",
    "an import that lost a row": """
        SELECT m.id FROM imports m, json_each(m.report, '$.records') j
        WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.id = j.value AND r.import_id = m.id)""",
    "a list that says what it does not hold": """
        SELECT id FROM status_lists WHERE published_version > version""",
}

_COUNTED: Final = {
    "template_added": "SELECT count(*) FROM templates",
    "class_imported": "SELECT count(*) FROM imports",
    "offer_made": "SELECT count(*) FROM offers",
    "offer_redeemed": "SELECT count(*) FROM tokens",
    "issue_intended": "SELECT count(*) FROM issuances",
    "issued": "SELECT count(*) FROM issuances WHERE state = 'issued'",
    "issue_abandoned": "SELECT count(*) FROM issuances WHERE state = 'abandoned'",
    "notified": "SELECT count(*) FROM issuances WHERE event IS NOT NULL",
    "withdrawn": "SELECT count(*) FROM records WHERE standing = 'withdrawn'",
}
"""No event, no change: each event stands for one row."""


def broken_rules(connection: Connection) -> list[str]:
    """Every rule that does not hold, SQLite's own included."""
    found = [
        f"{name}: {rows}"
        for name, query in RULES.items()
        if (rows := connection.execute(text(query)).fetchmany(3))
    ]
    for event, query in _COUNTED.items():
        noted = connection.scalar(
            text("SELECT count(*) FROM events WHERE name = :name"), {"name": event}
        )
        held = connection.scalar(text(query))
        if noted != held:
            found.append(f"{noted} events {event} for {held} rows")
    for pragma, sound in (
        ("integrity_check", [("ok",)]),
        ("foreign_key_check", []),
        ("synchronous", [(2,)]),
        ("journal_mode", [("wal",)]),
    ):
        said = [tuple(row) for row in connection.exec_driver_sql(f"PRAGMA {pragma}")]
        if said != sound:
            found.append(f"{pragma} says {said[:3]}")
    return found
