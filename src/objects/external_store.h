#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/sign.h"
#include "core/clock.h"
#include "net/http_client.h"
#include "objects/object_store.h"
#include "wire/action.h"

namespace gyre::objects {

/// Where an S3 stands that takes the local store's place, and as whom to ask it.
struct ExternalS3 {
    std::string host;  ///< as of the Host header: "s3.eu-west-1.amazonaws.com", "10.0.0.5:9000"
    std::shared_ptr<net::HttpClient> client;
    access::SigningIdentity identity;  ///< its service is "s3"
    core::milliseconds timeout{60'000};
};

/// One request to an external S3 and its answer.
struct ExternalRequest {
    std::string method = "GET";
    std::string path = "/";  ///< encoded
    std::string query;       ///< encoded
    net::Headers headers;
    std::string body;
    /// In place of `body`: so many bytes of a reader, which are not held in memory.
    net::BodyReader* stream = nullptr;
    uint64_t stream_length = 0;
};

/// Signs with SigV4 and sends. Errors: kUnavailable where the S3 does not answer; an answer that is
/// an error is an answer. Thread-safe; blocks.
[[nodiscard]] core::Result<net::Response> Ask(const ExternalS3& s3, const core::Clock& clock,
                                              ExternalRequest request);

/// An external S3 as the other rooms use objects. Objects are read and written in pieces of some
/// MiB, so that none is held in memory. Errors carry the S3's own names. Thread-safe.
class ExternalStore final : public ObjectStore {
  public:
    ExternalStore(ExternalS3 s3, const core::Clock& clock) : s3_(std::move(s3)), clock_(clock) {}

    core::Result<ObjectInfo> Head(const std::string& bucket, const std::string& key) override;
    core::Result<ObjectData> Get(const std::string& bucket, const std::string& key) override;
    /// Through an upload in parts where the body is large.
    core::Result<ObjectInfo> Put(const std::string& bucket, const std::string& key,
                                 net::BodyReader& body, const std::string& content_type) override;
    core::Status Delete(const std::string& bucket, const std::string& key) override;
    core::Result<std::vector<ObjectInfo>> List(const std::string& bucket, const std::string& prefix,
                                               const std::string& start_after, int limit) override;
    core::Status CreateBucket(const std::string& bucket) override;

  private:
    [[nodiscard]] core::Result<net::Response> Send(ExternalRequest request);

    const ExternalS3 s3_;
    const core::Clock& clock_;
};

}  // namespace gyre::objects
