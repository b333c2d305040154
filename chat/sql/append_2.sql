-- chat_append_2: the only way an entry gets its number. Called by chat/timeline.py; a changed function gets a new name,
-- so that workers of two releases can run side by side. Beyond chat_append_1 it refuses members' entries, deletions
-- excepted, in rooms that are read-only by now; what it needs for that stands in the row that is locked anyway.
--
-- First lock the rooms' timeline rows in one order, then look up, number and insert in a second statement: under READ
-- COMMITTED that statement has a fresh snapshot, taken after the lock, so it sees every entry of the lock's last holder.
-- p_wait_ms = 0 skips rooms that are locked ("busy"); otherwise it is the longest wait, then error 55P03.
--
-- Outcomes: new | old (same room, sender and cid: the first one's number) | busy | gone (no such room) | outsider |
-- readonly.
-- Window functions instead of joins between the steps, and no sequential scans: the plan is cached per connection, maybe
-- while the table is new and looks empty.
CREATE FUNCTION chat_append_2(
    p_room bigint[], p_sender bigint[], p_cid text[], p_kind text[], p_data text[], p_target bigint[],
    p_shown boolean[], p_counts boolean[], p_member boolean[], p_wait_ms integer
) RETURNS TABLE (o_ord bigint, o_outcome text, o_seq bigint, o_n bigint, o_at timestamptz)
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    v_locked bigint[];
    v_closed bigint[];
    v_now timestamptz;
    v_timeout text := current_setting('lock_timeout');
BEGIN
    IF p_wait_ms = 0 THEN
        SELECT array_agg(t.room_id), array_agg(t.room_id) FILTER (WHERE t.writable_until <= clock_timestamp())
        INTO v_locked, v_closed FROM (
            SELECT room_id, writable_until FROM chat_timeline WHERE room_id = ANY (p_room)
            ORDER BY room_id FOR NO KEY UPDATE SKIP LOCKED) t;
    ELSE
        PERFORM set_config('lock_timeout', p_wait_ms || 'ms', true);
        SELECT array_agg(t.room_id), array_agg(t.room_id) FILTER (WHERE t.writable_until <= clock_timestamp())
        INTO v_locked, v_closed FROM (
            SELECT room_id, writable_until FROM chat_timeline WHERE room_id = ANY (p_room)
            ORDER BY room_id FOR NO KEY UPDATE) t;
        PERFORM set_config('lock_timeout', v_timeout, true);
    END IF;
    v_now := clock_timestamp();

    RETURN QUERY
    WITH batch AS MATERIALIZED (
        SELECT u.*,
               row_number() OVER (PARTITION BY u.room_id ORDER BY u.ord) AS place,
               row_number() OVER (PARTITION BY u.room_id, u.cid, u.sender_id ORDER BY u.ord) AS copy
        FROM unnest(p_room, p_sender, p_cid, p_kind, p_data, p_target, p_shown, p_counts, p_member)
             WITH ORDINALITY AS u(room_id, sender_id, cid, kind, data, target, shown, counts, member, ord)
    ), seen AS MATERIALIZED (
        SELECT b.*, old.seq AS old_seq, old.n AS old_n, old.at AS old_at,
               head.seq AS head_seq, head.n AS head_n, head.at AS head_at,
               CASE WHEN old.seq IS NOT NULL THEN 'old'
                    WHEN b.room_id = ANY (v_locked) IS NOT TRUE THEN CASE WHEN p_wait_ms = 0 THEN 'busy' ELSE 'gone' END
                    WHEN b.member AND reader.ok IS NULL THEN 'outsider'
                    WHEN b.member AND b.kind <> 'delete' AND b.room_id = ANY (v_closed) THEN 'readonly'
                    WHEN b.copy > 1 THEN 'old'
                    ELSE 'new' END AS outcome
        FROM batch b
        LEFT JOIN LATERAL (
            SELECT e.seq, e.n, e.at FROM chat_entry e
            WHERE e.room_id = b.room_id AND e.cid = b.cid AND e.sender_id IS NOT DISTINCT FROM b.sender_id
            LIMIT 1) old ON true
        LEFT JOIN LATERAL (
            SELECT e.seq, e.n, e.at FROM chat_entry e
            WHERE e.room_id = b.room_id ORDER BY e.seq DESC LIMIT 1) head ON b.place = 1
        LEFT JOIN LATERAL (
            SELECT true AS ok FROM chat_reader r
            WHERE r.room_id = b.room_id AND r.user_id = b.sender_id AND r.until_seq IS NULL) reader ON b.member
    ), numbered AS MATERIALIZED (
        SELECT s.*,
               coalesce(max(s.head_seq) OVER room, 0) + count(*) FILTER (WHERE s.outcome = 'new') OVER so_far AS seq,
               coalesce(max(s.head_n) OVER room, 0)
                   + count(*) FILTER (WHERE s.outcome = 'new' AND s.counts) OVER so_far AS n,
               greatest(max(s.head_at) OVER room, v_now) AS at
        FROM seen s
        WINDOW room AS (PARTITION BY s.room_id),
               so_far AS (PARTITION BY s.room_id ORDER BY s.ord)
    ), written AS (
        INSERT INTO chat_entry (room_id, seq, sender_id, cid, kind, data, target, rev, n, shown, at)
        SELECT f.room_id, f.seq, f.sender_id, f.cid, f.kind, f.data::jsonb, f.target, 0, f.n, f.shown, f.at
        FROM numbered f WHERE f.outcome = 'new'
    )
    SELECT r.ord, r.outcome,
           coalesce(r.old_seq, first_value(r.seq) OVER first_copy),
           coalesce(r.old_n, first_value(r.n) OVER first_copy),
           coalesce(r.old_at, r.at)
    FROM numbered r
    WINDOW first_copy AS (PARTITION BY r.room_id, r.cid, r.sender_id ORDER BY r.ord)
    ORDER BY r.ord;
END $$;
