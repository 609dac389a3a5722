-- Mailboxes that are signed in at through a provider (OAuth 2.0) instead of with a password.
ALTER TABLE mailbox_account ADD COLUMN provider_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mailbox_account ADD COLUMN access BIGINT NOT NULL DEFAULT 0;
CREATE INDEX mailbox_account_provider ON mailbox_account (provider_id);

CREATE TABLE mailbox_provider (
  id {{id}},
  settings TEXT NOT NULL,
  secret TEXT NOT NULL,
  created BIGINT NOT NULL
);

CREATE TABLE mailbox_grant (
  account_id BIGINT PRIMARY KEY,
  serial TEXT NOT NULL,
  refresh TEXT NOT NULL,
  access TEXT NOT NULL,
  allowed BIGINT NOT NULL,
  renewed BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  lease_by TEXT NOT NULL,
  lease_until BIGINT NOT NULL
);

CREATE TABLE mailbox_consent (
  state TEXT PRIMARY KEY,
  account_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  session TEXT NOT NULL,
  verifier TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX mailbox_consent_expires ON mailbox_consent (expires);

CREATE TABLE mailbox_revocation (
  id {{id}},
  about TEXT NOT NULL,
  sealed TEXT NOT NULL,
  tries BIGINT NOT NULL,
  next_at BIGINT NOT NULL
);
CREATE INDEX mailbox_revocation_next ON mailbox_revocation (next_at);
