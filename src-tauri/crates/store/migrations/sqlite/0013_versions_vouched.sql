-- What was asked for is vouched for by the journal with a digest, salted by this. Versions from before
-- have none, and their entries no digest.

ALTER TABLE versions ADD COLUMN salt BLOB;
