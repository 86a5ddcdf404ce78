#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/disk_reserve.h"
#include "core/file_system.h"
#include "core/worker_pool.h"
#include "db/database.h"
#include "objects/bucket_settings.h"
#include "objects/object_store.h"
#include "objects/store_requests.h"

namespace gyre::objects {

namespace detail {
class BlobDraft;
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
    friend core::Result<std::unique_ptr<LocalStore>> OpenLocalStore(
        db::Database& database, core::FileSystem& files, const std::filesystem::path& folder,
        const core::Clock& clock, EventSink* events);

    // Buckets.
    [[nodiscard]] core::Status CreateBucketIn(const std::string& bucket, const std::string& region);
    [[nodiscard]] core::Result<Bucket> HeadBucket(const std::string& bucket);
    [[nodiscard]] core::Result<std::vector<Bucket>> ListBuckets();
    /// Errors: BucketNotEmpty.
    [[nodiscard]] core::Status DeleteBucket(const std::string& bucket);
    /// To kEnabled or kSuspended.
    [[nodiscard]] core::Status SetVersioning(const std::string& bucket, Versioning versioning);
    /// nullopt where it is not set. Errors: NoSuchBucket.
    [[nodiscard]] core::Result<std::optional<std::string>> Setting(const std::string& bucket,
                                                                   SettingKind kind);
    /// nullopt unsets it. The caller has checked the document.
    [[nodiscard]] core::Status SetSetting(const std::string& bucket, SettingKind kind,
                                          const std::optional<std::string>& document);
    [[nodiscard]] const BucketSettings& Settings() const { return settings_; }

    // Objects.
    [[nodiscard]] core::Result<ObjectInfo> PutObject(const std::string& bucket,
                                                     const std::string& key, net::BodyReader& body,
                                                     const PutOptions& options);
    [[nodiscard]] core::Result<GetResult> GetObject(const std::string& bucket,
                                                    const std::string& key,
                                                    const GetOptions& options);
    /// Removing what is not there is no error. In a bucket that keeps versions a removal without a
    /// version makes a delete marker.
    [[nodiscard]] core::Result<Removed> DeleteObject(const std::string& bucket,
                                                     const Removal& removal, const RequestedBy& by);
    /// As DeleteObject of each, in one commit; an error of the whole means that none was removed.
    [[nodiscard]] core::Result<std::vector<core::Result<Removed>>> DeleteObjects(
        const std::string& bucket, const std::vector<Removal>& removals, const RequestedBy& by);
    /// The copy shares the source's stored bytes. Errors: those of reading the source, and
    /// InvalidRequest for a copy onto itself that changes nothing.
    [[nodiscard]] core::Result<CopyResult> CopyObject(const CopySource& source,
                                                      const std::string& bucket,
                                                      const std::string& key,
                                                      const CopyOptions& options);
    [[nodiscard]] core::Result<ListPage> ListObjects(const ListRequest& request);
    [[nodiscard]] core::Result<VersionPage> ListVersions(const VersionListRequest& request);
    /// The parts that it was made of, numbered from 1, above `after`; none for one put whole.
    [[nodiscard]] core::Result<ObjectParts> ListObjectParts(const ObjectName& object, int after,
                                                            int limit);
    /// Replaces all of its tags. Answers the version, as ObjectInfo's. Errors: NoSuchKey,
    /// NoSuchVersion, MethodNotAllowed for a delete marker.
    [[nodiscard]] core::Result<std::string> SetTags(const ObjectName& object, const Tags& tags,
                                                    const RequestedBy& by);

    /// Errors: as SetTags.
    [[nodiscard]] core::Status SetAcl(const ObjectName& object, Acl acl, const RequestedBy& by);

    // Uploads in parts. An upload lives until it is completed or aborted, or its bucket goes.
    [[nodiscard]] core::Result<UploadInfo> CreateUpload(const std::string& bucket,
                                                        const std::string& key,
                                                        const UploadOptions& options);
    /// Takes the place of an earlier part of that number.
    [[nodiscard]] core::Result<PartInfo> UploadPart(const UploadId& upload, int number,
                                                    net::BodyReader& body,
                                                    const ExpectedSums& expected);
    [[nodiscard]] core::Result<CopyPartResult> CopyPart(const UploadId& upload, int number,
                                                        const CopySource& source);
    /// Makes the object of the listed parts' stored bytes, without copying them, and drops the
    /// other parts. Asked again it answers the same, as long as the object is there.
    [[nodiscard]] core::Result<ObjectInfo> CompleteUpload(const UploadId& upload,
                                                          const CompleteOptions& options);
    [[nodiscard]] core::Status AbortUpload(const UploadId& upload);
    /// The parts numbered above `after`.
    [[nodiscard]] core::Result<PartPage> ListParts(const UploadId& upload, int after, int limit);
    [[nodiscard]] core::Result<UploadPage> ListUploads(const UploadListRequest& request);

    /// What removals may give back and others may not write into. It outlives the store.
    void UseReserve(core::DiskReserve& reserve) { reserve_ = &reserve; }
    /// From now on files of what is gone, and the rows of large uploads that are gone, are removed
    /// by a thread of the store's own, outside the requests that let go of them.
    void StartHousekeeping();
    /// Does at once what housekeeping would do.
    void Tidy();

    // ObjectStore.
    core::Result<ObjectInfo> Head(const std::string& bucket, const std::string& key) override;
    core::Result<ObjectData> Get(const std::string& bucket, const std::string& key) override;
    core::Result<ObjectInfo> Put(const std::string& bucket, const std::string& key,
                                 net::BodyReader& body, const std::string& content_type) override;
    [[nodiscard]] size_t PutsTogetherUpTo() const override;
    std::vector<core::Result<ObjectInfo>> PutTogether(
        std::span<const SmallObject> objects) override;
    core::Status Delete(const std::string& bucket, const std::string& key) override;
    core::Result<std::vector<ObjectInfo>> List(const std::string& bucket, const std::string& prefix,
                                               const std::string& start_after, int limit) override;
    core::Status CreateBucket(const std::string& bucket) override;
    core::Result<std::unique_ptr<ObjectDraft>> OpenDraft(
        const std::filesystem::path& file) override;
    core::Result<ObjectInfo> PutDraft(const std::string& bucket, const std::string& key,
                                      ObjectDraft& draft, const std::string& content_type) override;

  private:
    struct Taken;
    /// Takes in an object's bytes; CommitPut makes it one.
    [[nodiscard]] core::Result<Taken> TakeIn(const std::string& bucket, const std::string& key,
                                             net::BodyReader& body, const PutOptions& options);
    /// Refuses what takes room while the disk is full but for the reserve.
    [[nodiscard]] core::Status CheckRoom();
    /// Runs a commit that makes room, in the reserve's room if there is no other.
    [[nodiscard]] core::Status RunRemoval(
        const std::function<core::Status(db::Transaction&)>& work);
    /// After a commit that let go of these.
    void CleanUp(const std::vector<int64_t>& discarded);
    /// Lets go of some of the parts of an upload that was dropped; false when there is none.
    [[nodiscard]] core::Result<bool> ReleaseDropped();
    /// Takes the settings of one bucket, or of all, as the database has them now.
    [[nodiscard]] core::Status LoadSettings(const std::string& bucket);
    [[nodiscard]] core::Status LoadSettings();
    /// Of a change, within its transaction, which is the only one: so events can be put in order.
    [[nodiscard]] int64_t NextSequence();
    void Tell(const std::string& event, const ObjectInfo& object, const RequestedBy& by);
    /// Changes what a version's row says of it. Errors: as SetTags.
    [[nodiscard]] core::Result<ObjectInfo> ChangeInfo(
        const ObjectName& object, const std::function<void(ObjectInfo&)>& change);
    /// Makes `row` the object within a transaction, and lets go of the one it replaces.
    /// In a bucket that keeps versions that one moves behind instead; the row is told its version.
    [[nodiscard]] core::Status Replace(db::Transaction& transaction, detail::ObjectRow& row,
                                       const Conditions& conditions,
                                       std::vector<int64_t>& discarded);
    /// Removes the object within a transaction. `events` gets what to tell of it.
    [[nodiscard]] core::Result<Removed> Remove(db::Transaction& transaction, const ObjectName& name,
                                               const Conditions& conditions,
                                               std::vector<int64_t>& discarded,
                                               std::vector<EventSink::Event>& events);
    /// The rows of a put, within a transaction.
    [[nodiscard]] core::Status StorePut(db::Transaction& transaction, detail::ObjectRow& row,
                                        detail::BlobDraft& draft, const PutOptions& options,
                                        std::vector<int64_t>& discarded);
    /// After the commit: tells of it, or what it failed of.
    [[nodiscard]] core::Result<ObjectInfo> EndPut(core::Status committed, detail::ObjectRow row,
                                                  detail::BlobDraft& draft,
                                                  const PutOptions& options,
                                                  const std::vector<int64_t>& discarded);
    /// Commits `row`, whose bytes are the draft's, and tells of it.
    [[nodiscard]] core::Result<ObjectInfo> CommitPut(detail::ObjectRow row,
                                                     detail::BlobDraft& draft,
                                                     const PutOptions& options);
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
    BucketSettings settings_;
    core::DiskReserve* reserve_ = nullptr;
    std::atomic<bool> dropped_ = true;  // there may be parts of dropped uploads
    std::unique_ptr<core::WorkerPool> housekeeper_;
    int64_t last_sequence_ = 0;            // written within transactions
    core::Guarded<int> loading_settings_;  // so that what is taken last is what was set last
};

/// The store whose blobs are in `folder` and whose rows are in `database`; removes what a crash
/// left behind. All that is given outlives it; `events` may be null.
[[nodiscard]] core::Result<std::unique_ptr<LocalStore>> OpenLocalStore(
    db::Database& database, core::FileSystem& files, const std::filesystem::path& folder,
    const core::Clock& clock, EventSink* events);

}  // namespace gyre::objects
