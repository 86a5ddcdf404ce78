#pragma once

#include <cstdint>

namespace gyre::graph::format {

/// Type bytes of GraphBinary version 1.
enum BinaryType : uint8_t {
    kBinaryInt = 0x01,
    kBinaryLong = 0x02,
    kBinaryString = 0x03,
    kBinaryDate = 0x04,
    kBinaryTimestamp = 0x05,
    kBinaryClass = 0x06,
    kBinaryDouble = 0x07,
    kBinaryFloat = 0x08,
    kBinaryList = 0x09,
    kBinaryMap = 0x0a,
    kBinarySet = 0x0b,
    kBinaryUuid = 0x0c,
    kBinaryEdge = 0x0d,
    kBinaryPath = 0x0e,
    kBinaryProperty = 0x0f,
    kBinaryVertex = 0x11,
    kBinaryVertexProperty = 0x12,
    kBinaryBarrier = 0x13,
    kBinaryBinding = 0x14,
    kBinaryBytecode = 0x15,
    kBinaryCardinality = 0x16,
    kBinaryColumn = 0x17,
    kBinaryDirection = 0x18,
    kBinaryOperator = 0x19,
    kBinaryOrder = 0x1a,
    kBinaryPick = 0x1b,
    kBinaryPop = 0x1c,
    kBinaryLambda = 0x1d,
    kBinaryP = 0x1e,
    kBinaryScope = 0x1f,
    kBinaryT = 0x20,
    kBinaryTraverser = 0x21,
    kBinaryBigDecimal = 0x22,
    kBinaryBigInteger = 0x23,
    kBinaryByte = 0x24,
    kBinaryByteBuffer = 0x25,
    kBinaryShort = 0x26,
    kBinaryBoolean = 0x27,
    kBinaryTextP = 0x28,
    kBinaryStrategy = 0x29,
    kBinaryBulkSet = 0x2a,
    kBinaryTree = 0x2b,
    kBinaryMerge = 0x2e,
    kBinaryTimeUnit = 0x2f,
    kBinaryGType = 0x30,
    kBinaryChar = 0x80,
    kBinaryOffsetDateTime = 0x88,
    kBinaryNull = 0xfe,
};

}  // namespace gyre::graph::format
