#include "access/signature_claim.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "access/detail/text.h"

namespace gyre::access {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kAsymmetric = "AWS4-ECDSA-P256-SHA256";
constexpr int64_t kMaxUrlSeconds = 604'800;

core::Error AsymmetricError() {
    core::Error error(core::Code::kUnimplemented, "NotImplemented",
                      "Signature Version 4A is not served; sign with AWS4-HMAC-SHA256.");
    error.http_status = 501;
    return error;
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool IsHexSignature(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::optional<core::WallTime> MakeTime(int year, unsigned month, unsigned day, int hour, int minute,
                                       int second) {
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(year), std::chrono::month(month),
                              std::chrono::day(day)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return core::WallTime(sys_days(date)) + hours(hour) + minutes(minute) + seconds(second);
}

class Reader {
  public:
    Reader(ErrorStyle style, bool in_query) : style_(style), in_query_(in_query) {}

    [[nodiscard]] tl::unexpected<core::Error> Malformed(std::string message) const {
        core::Error error = RefusalError(style_, Refusal::kMalformed, std::move(message));
        if (in_query_ && style_ == ErrorStyle::kS3) {
            error.wire_name = "AuthorizationQueryParametersError";
        }
        return core::Fail(std::move(error));
    }

    /// "AKID/20261124/us-east-1/s3/aws4_request"; the key's id may itself hold slashes.
    [[nodiscard]] core::Status ReadCredential(std::string_view text, SignatureClaim& claim) const {
        std::array<std::string_view, 4> parts;
        std::string_view rest = text;
        for (size_t i = parts.size(); i-- > 0;) {
            const size_t slash = rest.rfind('/');
            if (slash == rest.npos) {
                return Malformed("Credential must be ACCESS_KEY/DATE/REGION/SERVICE/aws4_request.");
            }
            parts[i] = rest.substr(slash + 1);
            rest = rest.substr(0, slash);
        }
        // A client that was told no region signs with none.
        if (rest.empty() || parts[0].size() != 8 || parts[2].empty() ||
            parts[3] != "aws4_request") {
            return Malformed("Credential must be ACCESS_KEY/DATE/REGION/SERVICE/aws4_request.");
        }
        claim.access_key_id = rest;
        claim.date = parts[0];
        claim.region = parts[1];
        claim.service = parts[2];
        return {};
    }

    /// The time, and that it is of the scope's day.
    [[nodiscard]] core::Status SetTime(std::optional<core::WallTime> time,
                                       SignatureClaim& claim) const {
        if (!time) {
            return Malformed(
                "Authorization requires the existence of either a 'X-Amz-Date' or a 'Date' "
                "header, in the form 20261124T120000Z.");
        }
        claim.signed_at = *time;
        claim.timestamp = core::Iso8601Basic(*time);
        if (claim.timestamp.substr(0, 8) != claim.date) {
            return Malformed(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                "version of date from HTTP: '" +
                claim.date + "' != '" + claim.timestamp.substr(0, 8) + "'.");
        }
        return {};
    }

    [[nodiscard]] core::Status CheckParts(const SignatureClaim& claim) const {
        if (claim.signed_headers.empty()) return Malformed("SignedHeaders is missing.");
        if (std::any_of(claim.signed_headers.begin(), claim.signed_headers.end(),
                        [](char c) { return (c >= 'A' && c <= 'Z') || c == '\n' || c == ':'; })) {
            return Malformed("SignedHeaders must be lower-case header names joined by ';'.");
        }
        if (!IsHexSignature(claim.signature)) {
            return Malformed("Signature must be 64 lower-case hexadecimal digits.");
        }
        return {};
    }

  private:
    ErrorStyle style_;
    bool in_query_;
};

core::Result<SignatureClaim> ReadHeader(const net::RequestHead& head, std::string_view value,
                                        ErrorStyle style) {
    const Reader reader(style, false);
    SignatureClaim claim;
    core::Status status;
    bool has_credential = false;
    detail::ForEachPiece(value, ',', [&](std::string_view piece) {
        piece = detail::Trim(piece);
        const size_t equals = piece.find('=');
        if (!status || piece.empty()) return;
        const std::string_view name = piece.substr(0, equals);
        const std::string_view text = equals == piece.npos ? "" : piece.substr(equals + 1);
        if (name == "Credential") {
            has_credential = true;
            status = reader.ReadCredential(text, claim);
        } else if (name == "SignedHeaders") {
            claim.signed_headers = text;
        } else if (name == "Signature") {
            claim.signature = text;
        } else {
            status = reader.Malformed(
                "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' "
                "parameters; it holds something else.");
        }
    });
    GYRE_TRY(std::move(status));
    if (!has_credential) {
        return reader.Malformed("Authorization header requires 'Credential' parameter.");
    }
    GYRE_TRY(reader.CheckParts(claim));
    if (const auto date = head.headers.Find("x-amz-date")) {
        GYRE_TRY(reader.SetTime(ParseBasicTime(*date), claim));
    } else {
        GYRE_TRY(reader.SetTime(ParseHeaderTime(head.headers.Get("date")), claim));
    }
    claim.session_token = head.headers.Get("x-amz-security-token");
    return claim;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// nullptr when absent.
const std::string* Find(const Pairs& pairs, std::string_view name) {
    for (const auto& [key, value] : pairs) {
        if (net::EqualsIgnoreCase(key, name)) return &value;
    }
    return nullptr;
}

std::string Get(const Pairs& pairs, std::string_view name) {
    const std::string* value = Find(pairs, name);
    return value ? *value : std::string();
}

core::Result<SignatureClaim> ReadQueryV4(const Pairs& pairs, ErrorStyle style) {
    const Reader reader(style, true);
    if (Get(pairs, "X-Amz-Algorithm") == kAsymmetric) return core::Fail(AsymmetricError());
    if (Get(pairs, "X-Amz-Algorithm") != kAlgorithm) {
        return reader.Malformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\".");
    }
    SignatureClaim claim;
    claim.kind = SignatureClaim::Kind::kQueryV4;
    claim.signed_headers = Get(pairs, "X-Amz-SignedHeaders");
    claim.signature = Get(pairs, "X-Amz-Signature");
    claim.session_token = Get(pairs, "X-Amz-Security-Token");
    GYRE_TRY(reader.ReadCredential(Get(pairs, "X-Amz-Credential"), claim));
    GYRE_TRY(reader.CheckParts(claim));
    GYRE_TRY(reader.SetTime(ParseBasicTime(Get(pairs, "X-Amz-Date")), claim));
    const auto expires = ParseNumber<int64_t>(Get(pairs, "X-Amz-Expires"));
    if (!expires) return reader.Malformed("X-Amz-Expires should be a number of seconds.");
    if (*expires < 0) return reader.Malformed("X-Amz-Expires must be non-negative.");
    if (*expires > kMaxUrlSeconds) {
        return reader.Malformed(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            "X-Amz-Expires must be less than 604800 seconds.");
    }
    claim.url_expires = claim.signed_at + core::seconds(*expires);
    return claim;
}

core::Result<SignatureClaim> ReadQueryV2(const Pairs& pairs, ErrorStyle style) {
    const Reader reader(style, true);
    SignatureClaim claim;
    claim.kind = SignatureClaim::Kind::kQueryV2;
    claim.service = "s3";
    claim.access_key_id = Get(pairs, "AWSAccessKeyId");
    claim.signature = Get(pairs, "Signature");
    claim.timestamp = Get(pairs, "Expires");
    claim.session_token = Get(pairs, "x-amz-security-token");
    // Far beyond any real date, and still far from the clock's own limits.
    constexpr int64_t kLastSecond = 253'402'300'799;
    const auto expires = ParseNumber<int64_t>(claim.timestamp);
    if (!expires || *expires < 0 || *expires > kLastSecond) {
        return reader.Malformed("Expires should be a time in seconds since 1970.");
    }
    if (claim.signature.empty()) return reader.Malformed("Signature is missing.");
    claim.url_expires = core::WallTime(core::seconds(*expires));
    return claim;
}

}  // namespace

std::string SignatureClaim::Scope() const {
    return date + "/" + region + "/" + service + "/aws4_request";
}

core::Result<std::optional<SignatureClaim>> ReadClaim(const net::RequestHead& head,
                                                      ErrorStyle style) {
    if (const auto header = head.headers.Find("authorization")) {
        const size_t space = std::min(header->find(' '), header->size());
        const std::string_view scheme = header->substr(0, space);
        if (scheme == kAlgorithm) {
            GYRE_ASSIGN(auto claim, ReadHeader(head, header->substr(space), style));
            return claim;
        }
        if (scheme == kAsymmetric) return core::Fail(AsymmetricError());
        return core::Fail(RefusalError(style, Refusal::kUnsupported,
                                       "The authorization mechanism you have provided is not "
                                       "supported. Please use AWS4-HMAC-SHA256."));
    }
    const bool v4 = head.query.find("X-Amz-") != head.query.npos;
    const bool v2 = head.query.find("AWSAccessKeyId=") != head.query.npos;
    if (!v4 && !v2) return std::nullopt;
    Pairs pairs;
    detail::ForEachPiece(head.query, '&', [&](std::string_view pair) {
        const size_t equals = std::min(pair.find('='), pair.size());
        pairs.emplace_back(
            detail::LenientDecode(pair.substr(0, equals), true),
            equals < pair.size() ? detail::LenientDecode(pair.substr(equals + 1), true) : "");
    });
    if (Find(pairs, "X-Amz-Algorithm") || Find(pairs, "X-Amz-Signature")) {
        GYRE_ASSIGN(auto claim, ReadQueryV4(pairs, style));
        return claim;
    }
    if (Find(pairs, "AWSAccessKeyId") && style == ErrorStyle::kS3) {
        GYRE_ASSIGN(auto claim, ReadQueryV2(pairs, style));
        return claim;
    }
    return std::nullopt;
}

std::optional<core::WallTime> ParseBasicTime(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    const auto year = ParseNumber<int>(text.substr(0, 4));
    const auto month = ParseNumber<unsigned>(text.substr(4, 2));
    const auto day = ParseNumber<unsigned>(text.substr(6, 2));
    const auto hour = ParseNumber<unsigned>(text.substr(9, 2));
    const auto minute = ParseNumber<unsigned>(text.substr(11, 2));
    const auto second = ParseNumber<unsigned>(text.substr(13, 2));
    if (!year || *year < 0 || !month || !day || !hour || !minute || !second) return std::nullopt;
    return MakeTime(*year, *month, *day, static_cast<int>(*hour), static_cast<int>(*minute),
                    static_cast<int>(*second));
}

std::optional<core::WallTime> ParseHeaderTime(std::string_view text) {
    if (const auto basic = ParseBasicTime(text)) return basic;
    // "Tue, 24 Nov 2026 12:00:00 GMT": every part has its fixed place.
    if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const size_t month = kMonths.find(text.substr(8, 3));
    const auto day = ParseNumber<unsigned>(text.substr(5, 2));
    const auto year = ParseNumber<unsigned>(text.substr(12, 4));
    const auto hour = ParseNumber<unsigned>(text.substr(17, 2));
    const auto minute = ParseNumber<unsigned>(text.substr(20, 2));
    const auto second = ParseNumber<unsigned>(text.substr(23, 2));
    if (month == kMonths.npos || month % 3 != 0 || !day || !year || !hour || !minute || !second) {
        return std::nullopt;
    }
    return MakeTime(static_cast<int>(*year), static_cast<unsigned>(month / 3 + 1), *day,
                    static_cast<int>(*hour), static_cast<int>(*minute), static_cast<int>(*second));
}

}  // namespace gyre::access
