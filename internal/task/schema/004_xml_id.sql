CREATE INDEX task_xml_id ON task (xml_id, id);
