-- The column has the name of what it holds; the views follow by themselves.
ALTER TABLE instances RENAME COLUMN desire TO desired_state;
