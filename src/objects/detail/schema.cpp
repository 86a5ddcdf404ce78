#include "objects/detail/schema.h"

namespace gyre::objects::detail {

const std::vector<db::Migration>& Schema() {
    static const std::vector<db::Migration> kSchema = {
        {1, "objects", R"sql(
CREATE TABLE object_store (
    id BIGINT PRIMARY KEY,
    next_id BIGINT NOT NULL,
    settled BIGINT NOT NULL
);
INSERT INTO object_store VALUES (1, 1, 1);
CREATE TABLE object_buckets (
    name TEXT PRIMARY KEY,
    created BIGINT NOT NULL,
    region TEXT NOT NULL
);
CREATE TABLE objects (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    modified BIGINT NOT NULL,
    blob BIGINT NOT NULL,
    upload BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
);
CREATE TABLE object_blobs (
    id BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    refs BIGINT NOT NULL,
    sum BIGINT NOT NULL,
    data TEXT
);
CREATE TABLE object_garbage (
    blob BIGINT PRIMARY KEY
);
CREATE TABLE object_uploads (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    id BIGINT NOT NULL,
    initiated BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (bucket, key, name)
);
CREATE TABLE object_parts (
    upload BIGINT NOT NULL,
    number BIGINT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    modified BIGINT NOT NULL,
    blob BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (upload, number)
);
)sql"},
        {2, "versions and settings of buckets", R"sql(
ALTER TABLE object_buckets ADD COLUMN versioning TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
CREATE TABLE object_versions (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    seq BIGINT NOT NULL,
    version TEXT NOT NULL,
    marker BIGINT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    modified BIGINT NOT NULL,
    blob BIGINT NOT NULL,
    upload BIGINT NOT NULL,
    detail TEXT NOT NULL
);
CREATE UNIQUE INDEX object_versions_by_age ON object_versions (bucket, key, seq DESC);
CREATE UNIQUE INDEX object_versions_by_name ON object_versions (bucket, key, version);
CREATE TABLE object_bucket_settings (
    bucket TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (bucket, kind)
);
CREATE TABLE object_dropped (
    upload BIGINT PRIMARY KEY
);
)sql"},
    };
    return kSchema;
}

}  // namespace gyre::objects::detail
