#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/result.h"
#include "net/exchange.h"
#include "objects/acl.h"

namespace gyre::objects {

struct ObjectInfo {
    std::string bucket;
    std::string key;
    uint64_t size = 0;
    std::string etag;  ///< without quotes
    core::WallTime modified{};
    std::string content_type;
    std::map<std::string, std::string> system_metadata;  ///< "Cache-Control", "Content-Encoding"…
    std::map<std::string, std::string> user_metadata;    ///< names without "x-amz-meta-"
    /// Base64 by algorithm name ("CRC32"); composite ones end in "-N".
    std::map<std::string, std::string> checksums;
    bool composite_checksum = false;
    int parts = 0;  ///< of a multipart upload; 0 for an object put whole
    /// "" in a bucket that never kept versions; "null" for one put while none were kept.
    std::string version;
    std::vector<std::pair<std::string, std::string>> tags;  ///< in the order they were given
    Acl acl = Acl::kPrivate;
    /// Of what was just changed: its place among the store's changes, growing.
    int64_t sequence = 0;
};

struct ObjectData {
    ObjectInfo info;
    std::unique_ptr<net::BodyReader> body;
};

/// A small object to be put with others.
struct SmallObject {
    std::string bucket;
    std::string key;
    std::string_view body;
    std::string content_type;
};

/// The bytes of an object to be, in a file of its writer's that grows by appends; Sync makes
/// durable what there is. The file becomes the object's own without being read or copied again
/// (ObjectStore::PutDraft), or stays its writer's. Not thread-safe.
class ObjectDraft : public core::WritableFile {
  public:
    [[nodiscard]] virtual uint64_t Size() const = 0;
};

/// What other rooms do with objects, in process. Errors carry S3's own names (NoSuchBucket,
/// NoSuchKey…). Thread-safe; every call blocks.
class ObjectStore {
  public:
    virtual ~ObjectStore() = default;
    [[nodiscard]] virtual core::Result<ObjectInfo> Head(const std::string& bucket,
                                                        const std::string& key) = 0;
    [[nodiscard]] virtual core::Result<ObjectData> Get(const std::string& bucket,
                                                       const std::string& key) = 0;
    [[nodiscard]] virtual core::Result<ObjectInfo> Put(const std::string& bucket,
                                                       const std::string& key,
                                                       net::BodyReader& body,
                                                       const std::string& content_type) = 0;
    /// Up to what size objects are put sooner together than each by itself; 0: none are.
    [[nodiscard]] virtual size_t PutsTogetherUpTo() const { return 0; }
    /// Puts each of them, in one commit, and answers in their order. Only of a store that says so.
    [[nodiscard]] virtual std::vector<core::Result<ObjectInfo>> PutTogether(
        std::span<const SmallObject> objects);
    [[nodiscard]] virtual core::Status Delete(const std::string& bucket,
                                              const std::string& key) = 0;
    /// Keys with that prefix in order, at most `limit`, after `start_after`.
    [[nodiscard]] virtual core::Result<std::vector<ObjectInfo>> List(const std::string& bucket,
                                                                     const std::string& prefix,
                                                                     const std::string& start_after,
                                                                     int limit) = 0;
    [[nodiscard]] virtual core::Status CreateBucket(const std::string& bucket) = 0;

    /// A draft that goes on with what is in `file`, or begins it. Null where the store takes none
    /// (it is another machine's, or `file` is on another disk): what is there is then for Put.
    [[nodiscard]] virtual core::Result<std::unique_ptr<ObjectDraft>> OpenDraft(
        const std::filesystem::path& file);
    /// Makes the draft, which is one of this store's, the object. Whatever comes of it, the draft
    /// is at its end and its file no more to be gone on with. Its entity tag is no MD5 (it ends in
    /// "-1"), and its checksum CRC32C.
    [[nodiscard]] virtual core::Result<ObjectInfo> PutDraft(const std::string& bucket,
                                                            const std::string& key,
                                                            ObjectDraft& draft,
                                                            const std::string& content_type);
};

/// "s3://bucket/key" (and the https forms that users paste). Errors: kInvalidArgument.
struct S3Uri {
    std::string bucket;
    std::string key;
    [[nodiscard]] static core::Result<S3Uri> Parse(std::string_view uri);
};

/// Whom a bucket's notification configuration wants to be told.
struct EventDestination {
    std::string arn;            ///< of a topic, a queue or a function; "" for EventBridge
    std::string configuration;  ///< the Id of the part that names it
    bool operator==(const EventDestination&) const = default;
};

/// Told of what happened to an object where its bucket's notification configuration asks for that,
/// after it is durable. Must be quick. Thread-safe.
class EventSink {
  public:
    struct Event {
        std::string name;  ///< "ObjectCreated:Put", "ObjectRemoved:Delete"…
        ObjectInfo object;
        core::WallTime time{};
        /// The caller's ARN; "" for an anonymous one and for the platform itself.
        std::string principal{};
        std::string source{};  ///< the caller's address, where that is known
        std::string request_id{};
        std::vector<EventDestination> destinations{};
    };
    virtual ~EventSink() = default;
    virtual void OnEvent(const Event& event) = 0;
};

}  // namespace gyre::objects
