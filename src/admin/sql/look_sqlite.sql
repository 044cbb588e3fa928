-- Whether the table is there with rows that SQLite numbers, and has indexes for the pending and for another status.
SELECT NOT known.wr,
    (SELECT count(DISTINCT info.name) = 2
     FROM pragma_index_list({name}) AS list, pragma_index_info(list.name) AS info
     WHERE info.seqno = 0 AND info.name IN ('run_at', 'status'))
FROM pragma_table_list AS known WHERE known.schema = 'main' AND known.name = {name} COLLATE NOCASE
