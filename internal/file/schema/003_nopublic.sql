DROP TABLE file_public;
