-- Codes are unique in the portal from here on. Bots that share one with that of another owner keep it, so the index is not
-- unique: who gives a bot a code holds the lock of all codes.
DROP INDEX bot_generation_code;
CREATE INDEX bot_code_all ON bot (code);
