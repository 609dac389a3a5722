-- Nobody looks for a message by its whole text: what is known of the texts is never asked for, and costs a look at thousands of them.
ALTER TABLE message ALTER COLUMN text SET STATISTICS 0, ALTER COLUMN extra SET STATISTICS 0;
