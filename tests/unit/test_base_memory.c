#include "base/arena.h"
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_arena(void **state)
{
    struct arena arena;
    char *first = NULL;

    (void)state;
    arena_init(&arena);
    for (size_t size = 0; size < 10000; size += 7) {
        unsigned char *memory = arena_new(&arena, 1, size);

        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        if (size > 0)
            memset(memory, 0xff, size);
        if (first == NULL)
            first = arena_dup(&arena, "still here");
    }
    assert_string_equal(first, "still here");
    assert_string_equal(arena_text(&arena, "abc", 2), "ab");
    assert_string_equal(arena_format(&arena, "_%u._tcp.%s", 25U, "a."), "_25._tcp.a.");
    assert_memory_equal(arena_copy(&arena, "x\0y", 3), "x\0y", 3);
    arena_fini(&arena);
    assert_null(arena.blocks);
}

static void test_buffer(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 0);
    for (int i = 0; i < 1000; i++)
        buffer_printf(&buffer, "%d,", i % 10);
    assert_int_equal(buffer.length, 2000);
    assert_int_equal(strlen(buffer.data), 2000);
    buffer_consume(&buffer, 1998);
    assert_string_equal(buffer.data, "9,");
    buffer_consume(&buffer, 2);
    assert_int_equal(buffer.length, 0);
    buffer_fini(&buffer);
}

static void test_buffer_cap(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 8);
    buffer_puts(&buffer, "12345678");
    assert_false(buffer.overflow);
    buffer_add(&buffer, "", 0);
    assert_false(buffer.overflow);
    buffer_puts(&buffer, "9");
    assert_true(buffer.overflow);
    assert_string_equal(buffer.data, "12345678");
    buffer_clear(&buffer);
    assert_false(buffer.overflow);
    buffer_printf(&buffer, "%s", "more than eight"); /* dropped as a whole */
    assert_true(buffer.overflow);
    assert_int_equal(buffer.length, 0);
    buffer_fini(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_buffer_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
