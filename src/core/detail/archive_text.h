#pragma once

#include <locale.h>

#include <string>
#include <string_view>

namespace gyre::core::detail {

/// libarchive converts names by the thread's locale and loses those outside ASCII in "C"; this
/// makes it UTF-8 for the calling thread while it lives.
class Utf8Locale {
  public:
    Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (locale_) before_ = uselocale(locale_);
    }
    ~Utf8Locale() {
        if (!locale_) return;
        uselocale(before_);
        freelocale(locale_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

  private:
    locale_t locale_;
    locale_t before_ = nullptr;
};

/// Cut to 200 bytes and with control bytes replaced, for messages.
inline std::string Printable(std::string_view text) {
    std::string printable(text.substr(0, 200));
    for (char& c : printable) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return printable;
}

}  // namespace gyre::core::detail
