-- What is added to the index waits in a list that every search reads whole: 4 MB of it cost a search ten times the rest.
ALTER INDEX message_word_words SET (gin_pending_list_limit = 128);
