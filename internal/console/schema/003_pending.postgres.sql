-- What is added to the index waits in a list, which a search reads whole and one of the writes empties: short, neither takes long.
ALTER INDEX console_word_words SET (gin_pending_list_limit = 128);
