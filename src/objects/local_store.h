#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "db/database.h"
#include "objects/byte_range.h"
#include "objects/checksum.h"
#include "objects/conditions.h"
#include "objects/object_store.h"

namespace gyre::objects {

namespace detail {
class BlobStore;
class GroupCommit;
struct ObjectRow;
}  // namespace detail

/// Who asks, for the events.
struct RequestedBy {
    std::string principal;
    std::string request_id;
};

struct Bucket {
    std::string name;
    core::WallTime created{};
    std::string region;
};

using Base64Checksums = std::map<ChecksumAlgorithm, std::string>;

/// What a client says that a body sums up to.
struct ExpectedSums {
    std::string content_md5;    ///< base64; "" for none
    Base64Checksums checksums;  ///< given before the body
    /// Gives those that come after the body, once it was read to its end; may be empty.
    std::function<Base64Checksums()> trailing;
    /// To be kept; what is expected is kept too, and CRC64NVME where there is nothing else.
    std::set<ChecksumAlgorithm> algorithms;
};

struct ObjectMetadata {
    std::string content_type;
    std::map<std::string, std::string> system;  ///< "Cache-Control"…
    std::map<std::string, std::string> user;
};

struct PutOptions {
    ObjectMetadata metadata;
    Conditions conditions;
    ExpectedSums expected;
    RequestedBy by;
};

struct GetOptions {
    Conditions conditions;
    std::string range;               ///< the Range header; "" for none
    std::optional<int> part_number;  ///< of a multipart object
    bool with_body = true;
};

struct GetResult {
    ObjectInfo info;
    bool not_modified = false;  ///< then there is no body
    /// What of the object the body holds, where it is not all.
    std::optional<ByteRange> range;
    uint64_t length = 0;  ///< of the body
    std::unique_ptr<net::BodyReader> body;
};

struct ListRequest {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string start_after;  ///< a key, or a common prefix of an earlier page
    std::string token;        ///< of the page before; outranks start_after
    int limit = 1000;
};

struct ListPage {
    std::vector<ObjectInfo> objects;  ///< without metadata
    std::vector<std::string> common_prefixes;
    bool truncated = false;
    std::string next_token;
    std::string last;  ///< the last key or common prefix: V1's marker
};

/// Objects in this machine's files and database.
///
/// What Put, Copy, Complete and Delete acknowledge is durable; an object is seen whole or not at
/// all, and its last acknowledged state after a crash at any moment. Bytes are checked against
/// their sums before they are given: damage is an error (kDataLoss), never wrong bytes. A reader
/// goes on with the bytes that it began with when the object is replaced or removed meanwhile.
///
/// Thread-safe; every call blocks. Errors carry S3's names and statuses. The event sink is told
/// from the calling thread.
class LocalStore final : public ObjectStore {
  public:
    LocalStore(db::Database& database, core::FileSystem& files, const core::Clock& clock,
               EventSink* events, std::unique_ptr<detail::BlobStore> blobs);
    ~LocalStore() override;

    // Buckets.
    [[nodiscard]] core::Status CreateBucketIn(const std::string& bucket, const std::string& region);
    [[nodiscard]] core::Result<Bucket> HeadBucket(const std::string& bucket);
    [[nodiscard]] core::Result<std::vector<Bucket>> ListBuckets();
    /// Errors: BucketNotEmpty.
    [[nodiscard]] core::Status DeleteBucket(const std::string& bucket);

    // Objects.
    [[nodiscard]] core::Result<ObjectInfo> PutObject(const std::string& bucket,
                                                     const std::string& key, net::BodyReader& body,
                                                     const PutOptions& options);
    [[nodiscard]] core::Result<GetResult> GetObject(const std::string& bucket,
                                                    const std::string& key,
                                                    const GetOptions& options);
    [[nodiscard]] core::Status DeleteObject(const std::string& bucket, const std::string& key,
                                            const Conditions& conditions, const RequestedBy& by);
    [[nodiscard]] core::Result<ListPage> ListObjects(const ListRequest& request);

    // ObjectStore.
    core::Result<ObjectInfo> Head(const std::string& bucket, const std::string& key) override;
    core::Result<ObjectData> Get(const std::string& bucket, const std::string& key) override;
    core::Result<ObjectInfo> Put(const std::string& bucket, const std::string& key,
                                 net::BodyReader& body, const std::string& content_type) override;
    core::Status Delete(const std::string& bucket, const std::string& key) override;
    core::Result<std::vector<ObjectInfo>> List(const std::string& bucket, const std::string& prefix,
                                               const std::string& start_after, int limit) override;
    core::Status CreateBucket(const std::string& bucket) override;

  private:
    [[nodiscard]] core::Status CheckBucket(const std::string& bucket);
    void Tell(const std::string& event, const ObjectInfo& object, const RequestedBy& by);
    /// Makes `row` the object within a transaction, and lets go of the one it replaces.
    [[nodiscard]] core::Status Replace(db::Transaction& transaction, const detail::ObjectRow& row,
                                       const Conditions& conditions,
                                       std::vector<int64_t>& discarded);

    db::Database& database_;
    const core::Clock& clock_;
    EventSink* const events_;
    std::unique_ptr<detail::BlobStore> blobs_;
    std::unique_ptr<detail::GroupCommit> commits_;
};

/// The store whose blobs are in `folder` and whose rows are in `database`; removes what a crash
/// left behind. All that is given outlives it; `events` may be null.
[[nodiscard]] core::Result<std::unique_ptr<LocalStore>> OpenLocalStore(
    db::Database& database, core::FileSystem& files, const std::filesystem::path& folder,
    const core::Clock& clock, EventSink* events);

}  // namespace gyre::objects
