#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::transform {

/// How an object is cut into records.
enum class SplitType {
    kNone,      ///< not at all: the object is one record
    kLine,      ///< lines; their '\n' is not part of them, and empty ones are none
    kRecordIo,  ///< MXNet's (dmlc-core recordio.h): magic, flag and length, data, padding to 4
    kTfRecord,  ///< TensorFlow's (tf.io docs "TFRecord"): length, its CRC, data, its CRC
};

/// What was found at the front of a buffer.
struct Scan {
    enum class Found {
        kRecord,
        kNothing,  ///< `skip` bytes without a record; the end, where the buffer was the last
        kMore,     ///< a record that does not end in the buffer
    } found = Found::kMore;
    size_t skip = 0;     ///< bytes before the record that belong to none
    size_t size = 0;     ///< of the record with its framing, as MultiRecord hands it on
    size_t next = 0;     ///< where the next one begins
    size_t missing = 0;  ///< of kMore: what must come yet at least; 0: it is not known
};

/// Looks for the next whole record. `at_end`: nothing comes after the buffer. Errors:
/// kInvalidArgument for what the format does not allow, or a record that is cut short.
[[nodiscard]] core::Result<Scan> ScanRecord(SplitType split, std::string_view buffer, bool at_end);

/// The data of a framed record, as SingleRecord hands it on: framing and padding taken off. It is
/// in the record, or, where it stands there in parts, in `joined`.
[[nodiscard]] core::Result<std::string_view> UnwrapRecord(SplitType split, std::string_view record,
                                                          std::string& joined);

}  // namespace gyre::transform
