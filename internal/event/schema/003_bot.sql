CREATE INDEX event_delivery_bot ON event_delivery (bot_id, id) WHERE bot_id <> 0;
