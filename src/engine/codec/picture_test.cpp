#include "engine/codec/picture.h"

#include <doctest/doctest.h>

#include <fstream>

#include "core/file_system.h"
#include "core/process.h"
#include "core/temp_dir.h"
#include "engine/codec/npy.h"
#include "engine/codec/picture_limits.h"

namespace gyre::engine {
namespace {

/// Runs Pillow in a folder of its own; what it saved is read back.
class Pillow {
  public:
    explicit Pillow(const std::string& code) {
        core::ProcessSpec spec;
        spec.command = {GYRE_PYTHON, "-c", "import numpy, io\nfrom PIL import Image\n" + code};
        spec.directory = folder_.Path();
        auto process = core::ChildProcess::Start(std::move(spec));
        REQUIRE(process);
        const auto exit = (*process)->Wait(core::SystemClock().Now() + core::seconds(60));
        REQUIRE(exit);
        REQUIRE(exit->Success());
    }
    std::string File(const std::string& name) const {
        auto text = core::ReadFile(core::RealFileSystem(), folder_.Path() / name);
        REQUIRE(text);
        return std::move(*text);
    }
    Tensor Array(const std::string& name) const {
        auto tensor = ParseNpy(std::make_shared<const std::string>(File(name)));
        REQUIRE(tensor);
        return std::move(*tensor);
    }

  private:
    core::TempDir folder_;
};

bool Same(const Tensor& a, const Tensor& b) {
    return a.Dims() == b.Dims() && a.Type() == b.Type() &&
           std::equal(a.As<uint8_t>(), a.As<uint8_t>() + a.Bytes(), b.As<uint8_t>());
}

constexpr const char* kMakePictures = R"(
rng = numpy.random.default_rng(1)
low = Image.fromarray(rng.integers(0, 256, (9, 13, 3), dtype=numpy.uint8))
rgb = low.resize((131, 97), Image.BICUBIC)
noise = rng.integers(0, 256, (97, 131, 3), dtype=numpy.uint8)
rgb = Image.fromarray((numpy.asarray(rgb) * 0.8 + noise * 0.2).astype(numpy.uint8))
rgb.save("rgb.png")
rgb.convert("P").save("palette.png")
rgb.convert("L").save("gray.png")
rgb.convert("L").save("gray.jpg", quality=90)
rgb.save("rgb.jpg", quality=90)
rgb.save("progressive.jpg", quality=90, progressive=True)
alpha = rgb.copy(); alpha.putalpha(Image.fromarray(noise[:, :, 0])); alpha.save("alpha.png")
numpy.save("rgb.npy", numpy.asarray(rgb))
for name in ("rgb.jpg", "progressive.jpg", "gray.jpg", "gray.png", "palette.png"):
    numpy.save(name + ".npy", numpy.asarray(Image.open(name).convert("RGB")))
white = Image.new("RGBA", alpha.size, "white"); white.alpha_composite(alpha)
numpy.save("alpha.npy", numpy.asarray(white.convert("RGB")))
filters = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3}
for name, number in filters.items():
    for width, height in ((224, 224), (50, 60), (131, 31), (7, 97)):
        numpy.save(f"{name}-{width}-{height}.npy", numpy.asarray(rgb.resize((width, height), number)))
    numpy.save(f"{name}-gray.npy", numpy.asarray(rgb.convert("L").resize((50, 60), number))[:, :, None])
    side = 97 * 0.875
    box = ((131 - side) / 2, (97 - side) / 2, (131 + side) / 2, (97 + side) / 2)
    numpy.save(f"{name}-crop.npy", numpy.asarray(rgb.resize((64, 64), number, box=box)))
)";

}  // namespace

TEST_CASE("pictures are decoded and scaled as Pillow does it, bit for bit") {
    const Pillow pillow(kMakePictures);
    ImageSettings settings;
    const auto decode = [&](const std::string& name) {
        auto picture = DecodePicture(pillow.File(name), settings.background);
        INFO((picture ? "" : picture.error().message));
        REQUIRE(picture);
        return std::move(*picture);
    };
    CHECK(Same(decode("rgb.png"), pillow.Array("rgb.npy")));
    for (const std::string name : {"gray.png", "palette.png"}) {
        CAPTURE(name);
        CHECK(Same(decode(name), pillow.Array(name + ".npy")));
    }
    for (const std::string name : {"rgb.jpg", "progressive.jpg", "gray.jpg"}) {
        // Pillow brings a libjpeg of its own: rounding may differ by a little.
        CAPTURE(name);
        const Tensor ours = decode(name);
        const Tensor theirs = pillow.Array(name + ".npy");
        REQUIRE(ours.Dims() == theirs.Dims());
        int most = 0;
        for (size_t i = 0; i < ours.Bytes(); ++i) {
            most = std::max(most, std::abs(ours.As<uint8_t>()[i] - theirs.As<uint8_t>()[i]));
        }
        CHECK(most <= 3);
    }
    const Tensor laid = decode("alpha.png");
    const Tensor wanted = pillow.Array("alpha.npy");
    REQUIRE(laid.Dims() == wanted.Dims());
    int most = 0;
    for (size_t i = 0; i < laid.Bytes(); ++i) {
        most = std::max(most, std::abs(laid.As<uint8_t>()[i] - wanted.As<uint8_t>()[i]));
    }
    CHECK(most <= 1);

    const std::pair<const char*, ImageSettings::Filter> filters[] = {
        {"nearest", ImageSettings::Filter::kNearest},
        {"bilinear", ImageSettings::Filter::kBilinear},
        {"bicubic", ImageSettings::Filter::kBicubic},
        {"lanczos", ImageSettings::Filter::kLanczos}};
    const std::string png = pillow.File("rgb.png");
    for (const auto& [name, filter] : filters) {
        CAPTURE(name);
        settings = {};
        settings.filter = filter;
        const std::pair<int, int> sizes[] = {{224, 224}, {50, 60}, {131, 31}, {7, 97}};
        for (const auto& [width, height] : sizes) {
            CAPTURE(width);
            settings.width = width;
            settings.height = height;
            const std::string file =
                std::string(name) + "-" + std::to_string(width) + "-" + std::to_string(height);
            CHECK(Same(*DecodeForModel(png, settings), pillow.Array(file + ".npy")));
        }
        settings.width = settings.height = 64;
        settings.fit = ImageSettings::Fit::kCrop;
        settings.crop_fraction = 0.875;
        CHECK(Same(*DecodeForModel(png, settings), pillow.Array(std::string(name) + "-crop.npy")));
        settings = {};
        settings.filter = filter;
        settings.width = 50;
        settings.height = 60;
        settings.channels = ImageSettings::Channels::kGray;
        CHECK(Same(*DecodeForModel(png, settings), pillow.Array(std::string(name) + "-gray.npy")));
    }
}

TEST_CASE("padding keeps proportions, and the channels' order is turned") {
    const Pillow pillow(R"(
Image.new("RGB", (40, 10), (200, 100, 50)).save("wide.png")
)");
    ImageSettings settings;
    settings.width = settings.height = 20;
    settings.fit = ImageSettings::Fit::kPad;
    settings.background = {1, 2, 3};
    settings.channels = ImageSettings::Channels::kBgr;
    auto picture = DecodeForModel(pillow.File("wide.png"), settings);
    REQUIRE(picture);
    const auto pixel = [&](int y, int x) {
        const uint8_t* at = picture->As<uint8_t>() + (y * 20 + x) * 3;
        return std::vector<int>(at, at + 3);
    };
    CHECK(pixel(0, 0) == std::vector<int>{3, 2, 1});
    CHECK(pixel(10, 10) == std::vector<int>{50, 100, 200});
    CHECK(pixel(19, 19) == std::vector<int>{3, 2, 1});
}

TEST_CASE("cut and overwritten pictures are refused, and bombs before memory is taken") {
    const Pillow pillow(R"(
picture = Image.fromarray(numpy.random.default_rng(2).integers(0, 256, (40, 40, 3), dtype=numpy.uint8))
picture.save("a.png"); picture.save("a.jpg")
# A progressive file whose last scan comes again and again.
whole = io.BytesIO(); picture.save(whole, "JPEG", progressive=True); whole = whole.getvalue()
last = whole.rindex(b"\xff\xda")
open("scans.jpg", "wb").write(whole[:-2] + whole[last:-2] * 200 + whole[-2:])
import zlib, struct
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
open("bomb.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16000, 4000, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))
)");
    const std::array<uint8_t, 3> white{255, 255, 255};
    const std::string jpeg = pillow.File("scans.jpg");
    const auto scans = DecodePicture(jpeg, white);
    REQUIRE_FALSE(scans);
    CHECK(scans.error().message.find("scans") != std::string::npos);
    for (const char* name : {"a.png", "a.jpg"}) {
        const std::string file = pillow.File(name);
        REQUIRE(DecodePicture(file, white));
        for (size_t cut = 0; cut + 16 < file.size(); cut += 37) {
            CAPTURE(cut);
            const auto refused = DecodePicture(std::string_view(file).substr(0, cut), white);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == core::Code::kInvalidArgument);
        }
    }
    const auto bomb = DecodePicture(pillow.File("bomb.png"), white);
    REQUIRE_FALSE(bomb);
    CHECK(bomb.error().message.find("16000x4000") != std::string::npos);
    CHECK(RefuseSize(16'385, 1, 1 << 20) != "");
    CHECK(RefuseSize(16'384, 16'384, 1 << 30) != "");
    CHECK(RefuseSize(0, 1, 10) != "");
    CHECK(RefuseSize(8'000, 8'000, 1 << 20).empty());
}

}  // namespace gyre::engine
