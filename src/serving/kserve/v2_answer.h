#pragma once

#include <memory>
#include <string>

#include "core/json.h"
#include "core/worker_pool.h"
#include "net/exchange.h"

namespace gyre::serving::kserve {

/// How a client may have its answer packed.
enum class ContentCoding { kNone, kGzip, kDeflate };
/// Of Accept-Encoding; gzip goes before deflate, one with ";q=0" is not taken.
[[nodiscard]] ContentCoding AcceptedCoding(const net::Headers& headers);

[[nodiscard]] net::Response JsonAnswer(int status, const core::Json& json);
/// {"error": message}.
[[nodiscard]] net::Response ErrorAnswer(int status, std::string_view message);
/// The status of an error as KServe V2 has it: 400, 404, 500, 501 or 503. A 503 says when to come
/// back.
[[nodiscard]] net::Response ErrorAnswer(const core::Error& error);

/// Answers, packed where the client takes that and the body is worth it. Packing is done on the
/// pool; where that is full, the answer goes unpacked.
void Answer(const std::shared_ptr<net::Exchange>& exchange, net::Response response,
            core::WorkerPool& pool);

}  // namespace gyre::serving::kserve
