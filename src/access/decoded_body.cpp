#include "access/decoded_body.h"

#include <charconv>
#include <utility>

#include "access/detail/text.h"
#include "core/digest.h"

namespace gyre::access {
namespace {

class PlainBody final : public DecodedBody {
  public:
    PlainBody(net::BodyReader& source, std::string expected_hash)
        : source_(source), expected_(std::move(expected_hash)) {
        if (!expected_.empty()) digest_.emplace(core::DigestKind::kSha256);
    }

    core::Result<size_t> Read(std::span<char> into) override {
        if (failed_) return core::Fail(*failed_);
        GYRE_ASSIGN(const size_t count, source_.Read(into));
        if (!digest_) return count;
        if (count > 0) {
            digest_->Update({into.data(), count});
            return count;
        }
        const std::string computed = core::HexEncode(digest_->Finish());
        digest_.reset();
        if (core::ConstantTimeEquals(computed, expected_)) return size_t{0};
        failed_ = core::Error(core::Code::kInvalidArgument, "XAmzContentSHA256Mismatch",
                              "The provided 'x-amz-content-sha256' header does not match what was "
                              "computed.")
                      .With("ClientComputedContentSHA256", expected_)
                      .With("S3ComputedContentSHA256", computed);
        return core::Fail(*failed_);
    }
    std::optional<uint64_t> Length() const override { return source_.Length(); }
    const net::Headers& Trailers() const override { return trailers_; }

  private:
    net::BodyReader& source_;
    std::string expected_;
    std::optional<core::Digest> digest_;
    std::optional<core::Error> failed_;
    net::Headers trailers_;
};

}  // namespace

const net::Headers& TrailersOf(const net::BodyReader& body) {
    static const net::Headers kNone;
    const auto* decoded = dynamic_cast<const DecodedBody*>(&body);
    return decoded ? decoded->Trailers() : kNone;
}

std::unique_ptr<DecodedBody> MakePlainBody(net::BodyReader& source, std::string expected_hash) {
    return std::make_unique<PlainBody>(source, std::move(expected_hash));
}

core::Result<std::unique_ptr<DecodedBody>> DecodeBody(net::BodyReader& source,
                                                      const net::RequestHead& head,
                                                      PayloadKind kind, ChunkSeed seed) {
    if (!IsChunked(kind)) {
        return MakePlainBody(source, kind == PayloadKind::kHash
                                         ? std::string(head.headers.Get("x-amz-content-sha256"))
                                         : "");
    }
    ChunkedOptions options;
    options.kind = kind;
    options.seed = std::move(seed);
    for (const auto& [name, value] : head.headers) {
        if (!net::EqualsIgnoreCase(name, "x-amz-trailer")) continue;
        if (!options.announced_trailers.empty()) options.announced_trailers += ',';
        options.announced_trailers += value;
    }
    const std::string_view length = head.headers.Get("x-amz-decoded-content-length");
    if (length.empty()) {
        core::Error error(core::Code::kInvalidArgument, "MissingContentLength",
                          "You must provide the x-amz-decoded-content-length HTTP header.");
        error.http_status = 411;
        return core::Fail(std::move(error));
    }
    const auto [end, failed] =
        std::from_chars(length.data(), length.data() + length.size(), options.decoded_length);
    if (failed != std::errc() || end != length.data() + length.size()) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidArgument",
                          "x-amz-decoded-content-length must be a whole number of bytes.");
    }
    return MakeChunkedBody(source, std::move(options));
}

}  // namespace gyre::access
