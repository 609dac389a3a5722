CREATE TABLE mailbox_account (
  id {{id}},
  line_id BIGINT NOT NULL,
  active BIGINT NOT NULL,
  address TEXT NOT NULL,
  settings TEXT NOT NULL,
  password TEXT NOT NULL,
  smtp_password TEXT NOT NULL,
  uid_validity BIGINT NOT NULL,
  uid_next BIGINT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  checked BIGINT NOT NULL,
  problem TEXT NOT NULL,
  problem_since BIGINT NOT NULL,
  lease_by TEXT NOT NULL,
  lease_until BIGINT NOT NULL
);
CREATE INDEX mailbox_account_line ON mailbox_account (line_id);
CREATE UNIQUE INDEX mailbox_account_address ON mailbox_account (address);

CREATE TABLE mailbox_talk (
  line_id BIGINT NOT NULL,
  address TEXT NOT NULL,
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  refs TEXT NOT NULL,
  automatic_since BIGINT NOT NULL,
  automatic BIGINT NOT NULL,
  PRIMARY KEY (line_id, address)
);

CREATE TABLE mailbox_in (
  line_id BIGINT NOT NULL,
  ref TEXT NOT NULL,
  account_id BIGINT NOT NULL,
  sender TEXT NOT NULL,
  subject TEXT NOT NULL,
  why TEXT NOT NULL,
  message_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (line_id, ref)
);
CREATE INDEX mailbox_in_sender ON mailbox_in (line_id, sender, at);
CREATE INDEX mailbox_in_left ON mailbox_in (account_id, at) WHERE why <> '';
CREATE INDEX mailbox_in_at ON mailbox_in (at);

CREATE TABLE mailbox_ref (
  ref TEXT PRIMARY KEY,
  line_id BIGINT NOT NULL,
  address TEXT NOT NULL,
  visitor TEXT NOT NULL,
  message_id BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX mailbox_ref_at ON mailbox_ref (at);
CREATE INDEX mailbox_ref_line ON mailbox_ref (line_id);
