-- What came in is found by its whole key, which needs no statistics; looking them up in thousands of rows kept a core whenever the table had
-- grown.
ALTER TABLE connector_in
	ALTER COLUMN connector_id SET STATISTICS 10,
	ALTER COLUMN line_id SET STATISTICS 10,
	ALTER COLUMN at SET STATISTICS 10,
	ALTER COLUMN chat SET STATISTICS 0,
	ALTER COLUMN client SET STATISTICS 0,
	ALTER COLUMN message SET STATISTICS 0,
	ALTER COLUMN author_id SET STATISTICS 0,
	ALTER COLUMN visitor_id SET STATISTICS 0,
	ALTER COLUMN chat_id SET STATISTICS 0,
	ALTER COLUMN message_id SET STATISTICS 0,
	ALTER COLUMN session_id SET STATISTICS 0,
	ALTER COLUMN gone SET STATISTICS 0;
