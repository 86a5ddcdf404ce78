// What decodes, encodes to the same bytes or to a head that decodes again; nothing else is
// accepted.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serving/host_protocol.h"

using namespace gyre::serving;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto head = DecodeInvokeHead(bytes)) {
        const auto again = DecodeInvokeHead(EncodeInvokeHead(*head));
        if (!again || again->headers != head->headers || again->accept != head->accept) abort();
    }
    if (const auto head = DecodeReplyHead(bytes)) {
        const auto again = DecodeReplyHead(EncodeReplyHead(*head));
        if (!again || again->headers != head->headers || again->status != head->status) abort();
    }
    if (const auto head = DecodeStreamHead(bytes)) {
        const auto again = DecodeStreamHead(EncodeStreamHead(*head));
        if (!again || again->request_id != head->request_id || again->last != head->last) abort();
    }
    if (const auto json = gyre::core::ParseJson(bytes)) {
        if (const auto spec = HostSpec::FromJson(*json)) {
            if (!HostSpec::FromJson(spec->ToJson())) abort();
        }
        if (const auto status = HostStatus::FromJson(*json)) {
            if (!HostStatus::FromJson(status->ToJson())) abort();
        }
    }
    return 0;
}
