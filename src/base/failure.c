#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool failure_set(struct failure *failure, const char *format, ...)
{
    char text[FAILURE_TEXT];
    struct buffer line;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buffer_init(&line, sizeof failure->text - 1); /* each byte may become an escape */
    text_add_escaped(&line, (struct bytes){(const uint8_t *)text, strlen(text)});
    snprintf(failure->text, sizeof failure->text, "%s", line.length > 0 ? line.data : "");
    buffer_fini(&line);
    return false;
}
