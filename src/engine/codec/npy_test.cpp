#include "engine/codec/npy.h"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstring>

#include "engine/codec/cast.h"

namespace gyre::engine {
namespace {

core::Result<Tensor> ParsedFile(const std::string& file) {
    return ParseNpy(std::make_shared<const std::string>(file));
}

/// As numpy.save writes it, version `version`.
std::string NpyFile(const std::string& header, const std::string& values, char version = 1) {
    std::string text = header;
    const size_t prefix = version == 1 ? 10 : 12;
    text.append(63 - (prefix + text.size()) % 64, ' ');
    text += '\n';
    std::string file("\x93NUMPY", 6);
    file += version;
    file += '\0';
    file += static_cast<char>(text.size() & 0xFF);
    file += static_cast<char>(text.size() >> 8);
    if (version > 1) file += std::string(2, '\0');
    return file + text + values;
}

template <typename T>
std::string NpyBytes(std::initializer_list<T> values) {
    return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

}  // namespace

TEST_CASE("an .npy file of each version, in place") {
    for (const char version : {1, 2, 3}) {
        const auto body = std::make_shared<const std::string>(
            NpyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                    NpyBytes<float>({1, 2, 3, 4, 5, 6}), version));
        auto tensor = ParseNpy(body);
        REQUIRE(tensor);
        CHECK(tensor->Type() == DataType::kFloat32);
        CHECK(tensor->Dims() == Shape{2, 3});
        CHECK(tensor->As<float>()[5] == 6);
        CHECK(tensor->Data() == body->data() + body->size() - 24);  // no copy
    }
}

TEST_CASE("other orders of bytes and of axes are rearranged") {
    auto swapped = ParsedFile(NpyFile("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }",
                                      std::string("\x01\x02\x00\x03", 4)));
    REQUIRE(swapped);
    CHECK(swapped->As<int16_t>()[0] == 0x0102);
    CHECK(swapped->As<int16_t>()[1] == 3);
    auto fortran = ParsedFile(NpyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }",
                                      std::string("\x01\x04\x02\x05\x03\x06", 6)));
    REQUIRE(fortran);
    for (int i = 0; i < 6; ++i) CHECK(fortran->As<uint8_t>()[i] == i + 1);
}

TEST_CASE("what is no .npy file, or lies about its size, is refused") {
    const std::string good =
        NpyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", NpyBytes<float>({1}));
    for (size_t cut = 0; cut < good.size(); ++cut) CHECK_FALSE(ParsedFile(good.substr(0, cut)));
    CHECK_FALSE(ParsedFile(good + "x"));
    for (const char* header :
         {"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
          "{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }",
          "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
          "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
          "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
          "{'descr': '<f4', 'fortran_order': False, 'shape': 1, }",
          "{'descr': '<f4', 'fortran_order': False, }",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4, 2), }",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "[]"}) {
        CAPTURE(header);
        const auto parsed = ParsedFile(NpyFile(header, NpyBytes<float>({1})));
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == core::Code::kInvalidArgument);
    }
    CHECK_FALSE(
        ParsedFile(NpyFile("{'descr': '|b1', 'fortran_order': False, 'shape': (1,), }", "\x02")));
}

TEST_CASE("a header that we write is read again, for every type and rank") {
    for (const DataType type :
         {DataType::kBool, DataType::kUint8, DataType::kUint16, DataType::kUint32,
          DataType::kUint64, DataType::kInt8, DataType::kInt16, DataType::kInt32, DataType::kInt64,
          DataType::kFloat16, DataType::kFloat32, DataType::kFloat64}) {
        for (const Shape& shape : {Shape{}, Shape{3}, Shape{0, 2}, Shape{1, 2, 3, 4}}) {
            const size_t bytes = static_cast<size_t>(ElementCount(shape)) * ByteSize(type);
            const std::string file = NpyHeader(type, shape) + std::string(bytes, '\0');
            CHECK((file.size() - bytes) % 64 == 0);
            auto tensor = ParsedFile(file);
            REQUIRE(tensor);
            CHECK(tensor->Type() == type);
            CHECK(tensor->Dims() == shape);
        }
    }
}

TEST_CASE("half precision both ways") {
    struct Row {
        float value;
        uint16_t bits;
    };
    const Row rows[] = {
        {0, 0},          {-0.0F, 0x8000},    {1, 0x3C00},    {-2, 0xC000},
        {65504, 0x7BFF}, {65520, 0x7C00},    {1e9F, 0x7C00}, {0x1p-24F, 1},
        {0x1p-26F, 0},   {0x1p-14F, 0x0400}, {0.1F, 0x2E66}, {1.0009765625F, 0x3C01}};
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(FloatToHalf(row.value) == row.bits);
    }
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {  // each half is itself again
        const auto half = static_cast<uint16_t>(bits);
        const float value = HalfToFloat(half);
        if (value == value) REQUIRE(FloatToHalf(value) == half);
        const float wide = BFloatToFloat(half);
        if (wide == wide) REQUIRE(FloatToBFloat(wide) == half);
    }
    CHECK(HalfToFloat(0x7E00) != HalfToFloat(0x7E00));
}

TEST_CASE("casting keeps values or says which does not fit") {
    Tensor numbers(DataType::kFloat64, {3});
    const double values[] = {1, 255, -0.0};
    std::memcpy(numbers.MutableData(), values, sizeof(values));
    auto bytes = Cast(numbers, DataType::kUint8);
    REQUIRE(bytes);
    CHECK(bytes->As<uint8_t>()[1] == 255);
    static_cast<double*>(numbers.MutableData())[1] = 256;
    CHECK_FALSE(Cast(numbers, DataType::kUint8));
    CHECK(Cast(numbers, DataType::kInt16));
    static_cast<double*>(numbers.MutableData())[1] = 0.5;
    CHECK_FALSE(Cast(numbers, DataType::kInt64));
    CHECK(Cast(numbers, DataType::kFloat16)->As<uint16_t>()[1] == 0x3800);
    static_cast<double*>(numbers.MutableData())[1] = 0x1p63;
    CHECK_FALSE(Cast(numbers, DataType::kInt64));
    CHECK(Cast(numbers, DataType::kUint64)->As<uint64_t>()[1] == uint64_t{1} << 63);
}

}  // namespace gyre::engine
