#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "db/database.h"
#include "objects/object_store.h"
#include "objects/store_requests.h"

namespace gyre::objects {

namespace detail {
class BlobStore;
class GroupCommit;
struct ObjectRow;
struct PartRow;
struct UploadRow;
}  // namespace detail

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
    /// As DeleteObject of each, in one commit; an error of the whole means that none was removed.
    [[nodiscard]] core::Result<std::vector<core::Status>> DeleteObjects(
        const std::string& bucket, const std::vector<Removal>& removals, const RequestedBy& by);
    /// The copy shares the source's stored bytes. Errors: those of reading the source, and
    /// InvalidRequest for a copy onto itself that changes nothing.
    [[nodiscard]] core::Result<ObjectInfo> CopyObject(const CopySource& source,
                                                      const std::string& bucket,
                                                      const std::string& key,
                                                      const CopyOptions& options);
    [[nodiscard]] core::Result<ListPage> ListObjects(const ListRequest& request);

    // Uploads in parts. An upload lives until it is completed or aborted, or its bucket goes.
    [[nodiscard]] core::Result<UploadInfo> CreateUpload(const std::string& bucket,
                                                        const std::string& key,
                                                        const UploadOptions& options);
    /// Takes the place of an earlier part of that number.
    [[nodiscard]] core::Result<PartInfo> UploadPart(const UploadId& upload, int number,
                                                    net::BodyReader& body,
                                                    const ExpectedSums& expected);
    [[nodiscard]] core::Result<PartInfo> CopyPart(const UploadId& upload, int number,
                                                  const CopySource& source);
    /// Makes the object of the listed parts' stored bytes, without copying them, and drops the
    /// other parts. Asked again it answers the same, as long as the object is there.
    [[nodiscard]] core::Result<ObjectInfo> CompleteUpload(const UploadId& upload,
                                                          const CompleteOptions& options);
    [[nodiscard]] core::Status AbortUpload(const UploadId& upload);
    /// The parts numbered above `after`.
    [[nodiscard]] core::Result<PartPage> ListParts(const UploadId& upload, int after, int limit);
    [[nodiscard]] core::Result<UploadPage> ListUploads(const UploadListRequest& request);

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
    /// Removes the object within a transaction; false where there is none.
    [[nodiscard]] core::Result<bool> Remove(db::Transaction& transaction, const std::string& bucket,
                                            const Removal& removal, std::vector<int64_t>& discarded,
                                            ObjectInfo& removed);
    /// Takes in a part's bytes and commits it.
    [[nodiscard]] core::Result<PartInfo> WritePart(const UploadId& upload, int number,
                                                   net::BodyReader& body,
                                                   const ExpectedSums& expected);
    /// Refuses before a body is read what the commit would refuse.
    [[nodiscard]] core::Status CheckBeforeWrite(const std::string& bucket, const std::string& key,
                                                const Conditions& conditions);
    /// Reads the source, or a stretch of it, for its checksum.
    [[nodiscard]] core::Result<std::map<std::string, std::string>> SumSource(
        const CopySource& source, const GetOptions& reading, ChecksumAlgorithm algorithm);
    /// Stores a part of an upload that is still there, in place of an earlier one.
    [[nodiscard]] core::Status ReplacePart(db::Transaction& transaction, const UploadId& upload,
                                           const detail::PartRow& part,
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
