#include "objects/checksum.h"

#include <doctest/doctest.h>

#include "core/digest.h"

using namespace gyre::objects;

namespace {

const std::set<ChecksumAlgorithm> kAll(AllChecksums().begin(), AllChecksums().end());

Checksummer::Sums SumsOf(std::string_view text, size_t piece) {
    Checksummer sums(kAll);
    for (size_t at = 0; at < text.size(); at += piece) sums.Update(text.substr(at, piece));
    return sums.Finish();
}

std::string NoisyText(size_t size) {
    std::string text(size, '\0');
    uint32_t state = 7;
    for (char& byte : text) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return text;
}

}  // namespace

TEST_CASE("the check values of the algorithms' own catalogues") {
    const auto sums = SumsOf("123456789", 4);
    CHECK(sums.values.size() == kAll.size());
    CHECK(gyre::core::HexEncode(sums.md5) == "25f9e794323b453885f5181f1b624d0b");
    struct Case {
        ChecksumAlgorithm algorithm;
        std::string hex;
    };
    for (const auto& [algorithm, hex] :
         {Case{ChecksumAlgorithm::kCrc32, "cbf43926"}, Case{ChecksumAlgorithm::kCrc32c, "e3069283"},
          Case{ChecksumAlgorithm::kCrc64Nvme, "ae8b14860a799888"},
          Case{ChecksumAlgorithm::kSha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"},
          Case{ChecksumAlgorithm::kSha256,
               "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"},
          Case{ChecksumAlgorithm::kSha512,
               "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a"
               "d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85"},
          Case{ChecksumAlgorithm::kMd5, "25f9e794323b453885f5181f1b624d0b"},
          Case{ChecksumAlgorithm::kXxHash64, "8cb841db40e6ae83"},
          Case{ChecksumAlgorithm::kXxHash3, "72dcb18b67a17dff"},
          Case{ChecksumAlgorithm::kXxHash128, "33119477ede5dcd5e9716427681d5860"}}) {
        CHECK(sums.values.at(algorithm).size() == ChecksumSize(algorithm));
        CHECK(gyre::core::HexEncode(sums.values.at(algorithm)) == hex);
    }
}

TEST_CASE("pieces of any size give the sums of the whole") {
    const std::string text = NoisyText(200'003);
    const auto whole = SumsOf(text, text.size());
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, size_t{65537}}) {
        const auto sums = SumsOf(text, piece);
        CHECK(sums.md5 == whole.md5);
        CHECK(sums.values == whole.values);
    }
}

TEST_CASE("a whole's CRC follows from its parts'") {
    const std::string text = NoisyText(100'001);
    const auto whole = SumsOf(text, text.size());
    for (const size_t cut :
         {size_t{0}, size_t{1}, size_t{255}, size_t{50'000}, size_t{100'000}, size_t{100'001}}) {
        const auto a = SumsOf(text.substr(0, cut), 1 << 20);
        const auto b = SumsOf(text.substr(cut), 1 << 20);
        for (const auto algorithm : kAll) {
            if (!IsCombinable(algorithm)) continue;
            CAPTURE(cut);
            CAPTURE(std::string(ChecksumName(algorithm)));
            CHECK(CombineChecksums(algorithm, a.values.at(algorithm), b.values.at(algorithm),
                                   text.size() - cut) == whole.values.at(algorithm));
        }
    }
}

TEST_CASE("names are found without case and others are not") {
    CHECK(ChecksumByName("crc64nvme") == ChecksumAlgorithm::kCrc64Nvme);
    CHECK(ChecksumByName("CRC32C") == ChecksumAlgorithm::kCrc32c);
    CHECK_FALSE(ChecksumByName("CRC"));
    CHECK_FALSE(ChecksumByName(""));
}
