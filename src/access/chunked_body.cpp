#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "access/decoded_body.h"
#include "access/detail/text.h"
#include "core/ascii.h"
#include "core/digest.h"

namespace gyre::access {
namespace {

constexpr size_t kMaxLine = 8 * 1024;
constexpr size_t kMaxTrailers = 16;
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";
constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

tl::unexpected<core::Error> Broken(std::string message) {
    return core::Fail(core::Code::kInvalidArgument, "InvalidRequest",
                      "The aws-chunked body is malformed: " + std::move(message));
}

class ChunkedBody final : public DecodedBody {
  public:
    ChunkedBody(net::BodyReader& source, ChunkedOptions options)
        : source_(source),
          options_(std::move(options)),
          signed_(options_.kind != PayloadKind::kUnsignedTrailer),
          previous_(options_.seed.signature) {}

    core::Result<size_t> Read(std::span<char> into) override {
        // A body that failed once stays failed, or a reader that goes on would reach a good end.
        if (failed_) return core::Fail(*failed_);
        auto count = ReadOrStep(into);
        if (!count) failed_ = count.error();
        return count;
    }

    std::optional<uint64_t> Length() const override { return options_.decoded_length; }
    const net::Headers& Trailers() const override {
        static const net::Headers kNone;
        return state_ == State::kEnd ? trailers_ : kNone;
    }

  private:
    enum class State { kHead, kData, kTrailers, kEnd };

    core::Result<size_t> ReadOrStep(std::span<char> into) {
        while (state_ != State::kEnd) {
            if (state_ == State::kData && left_ > 0) return ReadData(into);
            GYRE_TRY(Step());
        }
        return size_t{0};
    }

    /// Straight into the caller's memory: only the framing goes through the buffer.
    core::Result<size_t> ReadData(std::span<char> into) {
        const size_t want = static_cast<size_t>(std::min<uint64_t>(left_, into.size()));
        size_t count = std::min(want, Buffered());
        if (count > 0) {
            std::memcpy(into.data(), buffer_.data() + begin_, count);
            begin_ += count;
        } else {
            GYRE_ASSIGN(count, source_.Read(into.first(want)));
            if (count == 0) return Broken("it ends within a chunk.");
        }
        if (signed_) digest_.Update({into.data(), count});
        left_ -= count;
        return count;
    }

    core::Status Step() {
        switch (state_) {
            case State::kHead:
                return ReadChunkHead();
            case State::kData:
                return EndChunk();
            case State::kTrailers:
                return ReadTrailers();
            case State::kEnd:
                break;
        }
        return {};
    }

    /// "5\r\n" or "5;chunk-signature=0123…\r\n"
    core::Status ReadChunkHead() {
        GYRE_ASSIGN(const std::string line, ReadLine());
        const size_t semicolon = std::min(line.find(';'), line.size());
        const auto [end, failed] = std::from_chars(line.data(), line.data() + semicolon, left_, 16);
        if (semicolon == 0 || failed != std::errc() || end != line.data() + semicolon) {
            return Broken("a chunk must begin with its size in hexadecimal.");
        }
        if (left_ > options_.decoded_length - total_) {
            return Broken("its chunks hold more than x-amz-decoded-content-length says.");
        }
        total_ += left_;
        if (signed_) {
            constexpr std::string_view kName = "chunk-signature=";
            const std::string_view extension = std::string_view(line).substr(semicolon);
            if (extension.size() != 1 + kName.size() + 64 ||
                !extension.substr(1).starts_with(kName)) {
                return Broken("a signed chunk must carry ;chunk-signature= and 64 hex digits.");
            }
            claimed_ = extension.substr(1 + kName.size());
        }
        if (left_ > 0) {
            state_ = State::kData;
            return {};
        }
        GYRE_TRY(CheckChunk());
        if (total_ != options_.decoded_length) {
            return core::Fail(core::Code::kInvalidArgument, "IncompleteBody",
                              "You did not provide the number of bytes specified by the "
                              "x-amz-decoded-content-length HTTP header.");
        }
        state_ = State::kTrailers;
        return {};
    }

    core::Status EndChunk() {
        GYRE_ASSIGN(const std::string line, ReadLine());
        if (!line.empty()) return Broken("a chunk is longer than its size says.");
        GYRE_TRY(CheckChunk());
        state_ = State::kHead;
        return {};
    }

    core::Status CheckChunk() {
        if (!signed_) return {};
        const std::string hash = core::HexEncode(
            std::exchange(digest_, core::Digest(core::DigestKind::kSha256)).Finish());
        std::string text = "AWS4-HMAC-SHA256-PAYLOAD\n";
        text.append(options_.seed.timestamp).append(1, '\n');
        text.append(options_.seed.scope).append(1, '\n').append(previous_).append(1, '\n');
        text.append(kEmptyHash).append(1, '\n').append(hash);
        return CheckSigned(text, claimed_);
    }

    core::Status CheckSigned(const std::string& text, std::string_view claimed) {
        std::string expected =
            core::HexEncode(core::HmacSha256(AsText(options_.seed.signing_key), text));
        if (!core::ConstantTimeEquals(expected, claimed)) {
            return core::Fail(RefusalError(ErrorStyle::kS3, Refusal::kBadSignature,
                                           "The signature of a chunk does not match the one we "
                                           "calculated.")
                                  .With("StringToSign", text)
                                  .With("SignatureProvided", std::string(claimed)));
        }
        previous_ = std::move(expected);
        return {};
    }

    core::Status ReadTrailers() {
        std::string canonical;
        std::optional<std::string> trailer_signature;
        for (;;) {
            GYRE_ASSIGN(const std::string line, ReadLine());
            if (line.empty()) break;
            const size_t colon = line.find(':');
            if (colon == 0 || colon == line.npos) return Broken("a trailer must be name:value.");
            std::string name =
                core::AsciiLower(detail::Trim(std::string_view(line).substr(0, colon)));
            std::string value(detail::Trim(std::string_view(line).substr(colon + 1)));
            if (trailers_.size() >= kMaxTrailers || trailer_signature) {
                return Broken("it has too many trailers.");
            }
            if (name == kTrailerSignature) {
                trailer_signature = std::move(value);
                continue;
            }
            canonical.append(name).append(1, ':').append(value).append(1, '\n');
            trailers_.Add(std::move(name), std::move(value));
        }
        GYRE_TRY(CheckAnnounced());
        if (options_.kind == PayloadKind::kSignedChunksTrailer) {
            std::string text = "AWS4-HMAC-SHA256-TRAILER\n";
            text.append(options_.seed.timestamp).append(1, '\n');
            text.append(options_.seed.scope).append(1, '\n').append(previous_).append(1, '\n');
            text.append(PayloadHash(canonical));
            GYRE_TRY(CheckSigned(text, trailer_signature.value_or("")));
        }
        return ExpectEnd();
    }

    /// The trailers must be those that the head promised, so that a checksum cannot be left out.
    core::Status CheckAnnounced() const {
        size_t announced = 0;
        std::string missing;
        detail::ForEachPiece(options_.announced_trailers, ',', [&](std::string_view name) {
            name = detail::Trim(name);
            if (name.empty()) return;
            ++announced;
            if (!trailers_.Find(name)) missing = name;
        });
        if (missing.empty() && announced == trailers_.size()) return {};
        return core::Fail(
            core::Code::kInvalidArgument, "MalformedTrailerError",
            missing.empty()
                ? "The request holds trailers that x-amz-trailer does not announce."
                : "The request lacks the trailer '" + missing + "' that x-amz-trailer announces.");
    }

    core::Status ExpectEnd() {
        char byte = 0;
        if (Buffered() == 0) {
            GYRE_ASSIGN(const size_t count, source_.Read(std::span(&byte, 1)));
            if (count == 0) {
                state_ = State::kEnd;
                return {};
            }
        }
        return Broken("bytes follow its end.");
    }

    /// A line without its end. Only CRLF ends a line of the framing; a lone LF too, as some clients
    /// write between trailers.
    core::Result<std::string> ReadLine() {
        std::string line;
        for (;;) {
            const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
            const auto last = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
            const auto newline = std::find(first, last, '\n');
            line.append(first, newline);
            if (line.size() > kMaxLine) return Broken("a line of the framing is too long.");
            if (newline != last) {
                begin_ = static_cast<size_t>(newline - buffer_.begin()) + 1;
                if (line.ends_with('\r')) line.pop_back();
                return line;
            }
            begin_ = 0;
            GYRE_ASSIGN(end_, source_.Read(buffer_));
            if (end_ == 0) return Broken("it ends before its last chunk and trailers.");
        }
    }

    size_t Buffered() const { return end_ - begin_; }

    net::BodyReader& source_;
    const ChunkedOptions options_;
    const bool signed_;
    State state_ = State::kHead;
    std::optional<core::Error> failed_;
    uint64_t left_ = 0;   ///< of the chunk at hand
    uint64_t total_ = 0;  ///< of all chunks so far, with the one at hand
    core::Digest digest_{core::DigestKind::kSha256};
    std::string claimed_;   ///< the signature that the chunk at hand claims
    std::string previous_;  ///< the signature before it
    net::Headers trailers_;
    std::array<char, 4096> buffer_{};
    size_t begin_ = 0;
    size_t end_ = 0;
};

}  // namespace

std::unique_ptr<DecodedBody> MakeChunkedBody(net::BodyReader& source, ChunkedOptions options) {
    return std::make_unique<ChunkedBody>(source, std::move(options));
}

}  // namespace gyre::access
