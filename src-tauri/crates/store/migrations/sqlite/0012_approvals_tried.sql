-- Whether a relay was tried under an approval: until then it can be taken back, whatever was tried
-- before it was given. What was tried already in an older database is taken as tried under it.

ALTER TABLE submissions ADD COLUMN approved_tried INTEGER NOT NULL DEFAULT 0;
UPDATE submissions SET approved_tried = 1
    WHERE approved_hash IS NOT NULL AND attempts > 0;
