# How targets of this tree are compiled: one set of flags, one way to add a plugin or a test.

find_package(PkgConfig REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(NL REQUIRED IMPORTED_TARGET libnl-3.0 libnl-genl-3.0 libnl-route-3.0)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(JSONGLIB REQUIRED IMPORTED_TARGET json-glib-1.0)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(NATS REQUIRED libnats)
find_library(NATS_LIBRARY nats REQUIRED)

add_library(netvane-flags INTERFACE)
target_compile_options(netvane-flags INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wshadow -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2
    -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough -Wundef
    -Wno-unused-parameter -Wno-missing-field-initializers>
    -fvisibility=hidden -fno-common -fstack-protector-strong)
target_compile_definitions(netvane-flags INTERFACE _GNU_SOURCE
    $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
target_link_options(netvane-flags INTERFACE -Wl,-z,relro -Wl,-z,now)
target_include_directories(netvane-flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/api)

if(NETVANE_WERROR)
    target_compile_options(netvane-flags INTERFACE -Werror)
endif()
if(NETVANE_SANITIZE)
    target_compile_options(netvane-flags INTERFACE
        -fsanitize=${NETVANE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(netvane-flags INTERFACE -fsanitize=${NETVANE_SANITIZE})
endif()
if(NETVANE_COVERAGE)
    target_compile_options(netvane-flags INTERFACE --coverage)
    target_link_options(netvane-flags INTERFACE --coverage)
endif()
if(NETVANE_FUZZ)
    target_compile_options(netvane-flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

set(NETVANE_PLUGIN_DIR ${CMAKE_INSTALL_FULL_LIBDIR}/netvane/plugins)

# netvane_plugin(NAME SOURCES... [LIBS...]): a shipped plugin, NAME.so, hidden symbols only.
function(netvane_plugin name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_library(plugin-${name} MODULE ${arg_SOURCES})
    set_target_properties(plugin-${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
    target_link_libraries(plugin-${name} PRIVATE netvane-flags netvane-api ${arg_LIBS})
    install(TARGETS plugin-${name} LIBRARY DESTINATION ${NETVANE_PLUGIN_DIR})
    set_property(GLOBAL APPEND PROPERTY NETVANE_PLUGINS plugin-${name})
endfunction()
