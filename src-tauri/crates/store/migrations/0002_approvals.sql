-- An office of before there were approvals counts them from 1.

UPDATE nouns SET body = json_set(body, '$.next.approval', 1)
WHERE kind = 'office' AND body ->> '$.next.approval' IS NULL;
