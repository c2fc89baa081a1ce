-- What a person said of a submission is vouched for by the journal with a digest, salted by this until
-- it is erased. Submissions from before have none: their entries are salted by their id.

ALTER TABLE submissions ADD COLUMN salt BLOB;
