"""Alembic's entry: runs the migrations on the connection `Store.bring_up` hands over."""

from alembic import context

from carnet_verifier.service.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
context.run_migrations()
