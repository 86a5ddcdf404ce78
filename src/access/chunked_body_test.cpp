#include <doctest/doctest.h>

#include "access/decoded_body.h"
#include "access/payload.h"
#include "net/string_body.h"

using namespace gyre;
using namespace gyre::access;

namespace {

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

core::Result<std::string> Decode(const std::string& framed, const ChunkedOptions& options,
                                 net::Headers* trailers = nullptr) {
    net::StringBody source(framed);
    const auto body = MakeChunkedBody(source, options);
    auto text = net::ReadAll(*body);
    if (trailers) *trailers = TrailersOf(*body);
    char byte = 0;
    if (!text) CHECK_FALSE(body->Read(std::span(&byte, 1)));
    return text;
}

ChunkedOptions Unsigned(uint64_t length, std::string trailers = "") {
    ChunkedOptions options;
    options.decoded_length = length;
    options.announced_trailers = std::move(trailers);
    return options;
}

std::string Chunk(const std::string& data, const std::string& signature) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string size;
    for (size_t left = data.size(); left > 0; left /= 16) size.insert(0, 1, kHex[left % 16]);
    if (size.empty()) size = "0";
    return size + ";chunk-signature=" + signature + "\r\n" + data + (data.empty() ? "" : "\r\n");
}

/// S3's documented upload of 66,560 letters in two chunks.
struct Documented {
    ChunkedOptions options;
    std::string first, second, last, trailers;

    explicit Documented(bool trailer) {
        options.kind = trailer ? PayloadKind::kSignedChunksTrailer : PayloadKind::kSignedChunks;
        options.decoded_length = 66'560;
        options.seed.signing_key = DeriveSigningKey(kSecret, "20130524", "us-east-1", "s3");
        options.seed.timestamp = "20130524T000000Z";
        options.seed.scope = "20130524/us-east-1/s3/aws4_request";
        const std::string long_data(65'536, 'a');
        const std::string short_data(1024, 'a');
        if (trailer) {
            options.announced_trailers = "x-amz-checksum-crc32c";
            options.seed.signature =
                "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
            first = Chunk(long_data,
                          "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2");
            second = Chunk(short_data,
                           "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7");
            last = Chunk("", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
            trailers =
                "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:"
                "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
        } else {
            options.seed.signature =
                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
            first = Chunk(long_data,
                          "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
            second = Chunk(short_data,
                           "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
            last = Chunk("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
            trailers = "\r\n";
        }
    }
};

}  // namespace

TEST_CASE("unsigned chunks with trailers") {
    net::Headers trailers;
    const auto text =
        Decode("5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg==\r\n\r\n",
               Unsigned(11, "x-amz-checksum-crc32"), &trailers);
    REQUIRE(text);
    CHECK(*text == "hello world");
    CHECK(trailers.Get("x-amz-checksum-crc32") == "NhCmhg==");
    CHECK(Decode("0\r\n\r\n", Unsigned(0)) == std::string());
    CHECK(Decode("0\r\na:b\n\r\n", Unsigned(0, "a")) == std::string());
}

TEST_CASE("unsigned chunks that are broken") {
    struct Row {
        const char* what;
        std::string framed;
        uint64_t length = 5;
        const char* trailers = "";
    };
    const Row rows[] = {
        {"nothing", ""},
        {"no last chunk", "5\r\nhello\r\n"},
        {"cut within a chunk", "5\r\nhel"},
        {"no end of the trailers", "5\r\nhello\r\n0\r\n"},
        {"a size that is none", "x\r\nhello\r\n0\r\n\r\n"},
        {"a signed size", "+5\r\nhello\r\n0\r\n\r\n"},
        {"a negative size", "-5\r\nhello\r\n0\r\n\r\n"},
        {"no size", "\r\nhello\r\n0\r\n\r\n"},
        {"a size beyond all bounds", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
        {"the largest size", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
        {"more than was announced", "6\r\nhello!\r\n0\r\n\r\n"},
        {"more in two chunks", "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"},
        {"less than was announced", "4\r\nhell\r\n0\r\n\r\n"},
        {"longer than its size", "4\r\nhello\r\n0\r\n\r\n"},
        {"bytes after the end", "5\r\nhello\r\n0\r\n\r\nx"},
        {"a trailer without a name", "5\r\nhello\r\n0\r\n:b\r\n\r\n", 5, "a"},
        {"a trailer without a colon", "5\r\nhello\r\n0\r\nab\r\n\r\n", 5, "a"},
        {"a trailer nobody announced", "5\r\nhello\r\n0\r\na:b\r\n\r\n"},
        {"another trailer", "5\r\nhello\r\n0\r\na:b\r\n\r\n", 5, "c"},
        {"a trailer that is missing", "5\r\nhello\r\n0\r\na:b\r\n\r\n", 5, "a,c"},
        {"a line without end", std::string(20'000, '1'), 5},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        net::Headers trailers;
        const auto text = Decode(row.framed, Unsigned(row.length, row.trailers), &trailers);
        REQUIRE_FALSE(text);
        CHECK(text.error().code == core::Code::kInvalidArgument);
        CHECK(trailers.size() == 0);
    }
}

TEST_CASE("the documented chunk-signed uploads, and what an attacker makes of them") {
    for (const bool trailer : {false, true}) {
        CAPTURE(trailer);
        const Documented d(trailer);
        const auto good = Decode(d.first + d.second + d.last + d.trailers, d.options);
        REQUIRE(good);
        CHECK(*good == std::string(66'560, 'a'));

        std::string tampered = d.first;
        tampered[tampered.size() / 2] = 'b';
        std::string forged = d.second;
        forged[forged.find('=') + 1] = forged[forged.find('=') + 1] == '0' ? '1' : '0';
        for (const auto& [what, framed] :
             {std::pair("changed", tampered + d.second + d.last + d.trailers),
              std::pair("out of order", d.second + d.first + d.last + d.trailers),
              std::pair("another signature", d.first + forged + d.last + d.trailers),
              std::pair("one left out", d.first + d.last + d.trailers),
              std::pair("unsigned", "5\r\nhello\r\n" + d.last + d.trailers)}) {
            CAPTURE(what);
            CHECK_FALSE(Decode(framed, d.options));
        }
        ChunkedOptions other = d.options;
        other.seed.timestamp = "20130524T000001Z";
        CHECK_FALSE(Decode(d.first + d.second + d.last + d.trailers, other));
    }
    const Documented d(true);
    std::string trailers = d.trailers;
    trailers.replace(trailers.find("sOO8"), 4, "AAAA");
    CHECK_FALSE(Decode(d.first + d.second + d.last + trailers, d.options));
    CHECK_FALSE(
        Decode(d.first + d.second + d.last + "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n", d.options));
}

TEST_CASE("a plain body is checked against its hash when its end is reached") {
    for (const std::string& hash : {PayloadHash("hello"), std::string()}) {
        net::StringBody source("hello");
        CHECK(net::ReadAll(*MakePlainBody(source, hash)) == "hello");
    }
    net::StringBody source("hullo");
    const auto body = MakePlainBody(source, PayloadHash("hello"));
    const auto text = net::ReadAll(*body);
    REQUIRE_FALSE(text);
    CHECK(text.error().wire_name == "XAmzContentSHA256Mismatch");
    char byte = 0;
    CHECK_FALSE(body->Read(std::span(&byte, 1)));
}

TEST_CASE("the headers of an upload choose its decoding") {
    net::StringBody source("5\r\nhello\r\n0\r\n\r\n");
    net::RequestHead head;
    const auto missing = DecodeBody(source, head, PayloadKind::kUnsignedTrailer, {});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().http_status == 411);
    for (const char* bad : {"x", "-1", "5 ", "99999999999999999999999"}) {
        head.headers.Set("x-amz-decoded-content-length", bad);
        CHECK_FALSE(DecodeBody(source, head, PayloadKind::kUnsignedTrailer, {}));
    }
    head.headers.Set("x-amz-decoded-content-length", "5");
    const auto body = DecodeBody(source, head, PayloadKind::kUnsignedTrailer, {});
    REQUIRE(body);
    CHECK((*body)->Length() == 5);
    CHECK(net::ReadAll(**body) == "hello");
}
