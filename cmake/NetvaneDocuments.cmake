# Texts that the option tables are filled into, and manual pages.

# netvane_document(TEMPLATE OUTPUT): fills in the places, and the option tables of the
# engine and of every shipped plugin.
function(netvane_document template output)
    set(sysconfdir ${CMAKE_INSTALL_FULL_SYSCONFDIR})
    set(datadir ${CMAKE_INSTALL_FULL_DATADIR})
    set(libexecdir ${CMAKE_INSTALL_FULL_LIBEXECDIR})
    set(docdir ${CMAKE_INSTALL_FULL_DOCDIR})
    set(plugindir ${NETVANE_PLUGIN_DIR})
    get_property(plugins GLOBAL PROPERTY NETVANE_PLUGINS)
    list(SORT plugins)
    set(files ${plugins})
    list(TRANSFORM files REPLACE "(.+)" "$<TARGET_FILE:\\1>")
    set(placed ${CMAKE_CURRENT_BINARY_DIR}/${output}.placed)
    configure_file(${template} ${placed} @ONLY)
    add_custom_command(OUTPUT ${output}
        COMMAND render-options ${placed} ${files} > ${output}
        DEPENDS render-options ${placed} ${plugins} VERBATIM)
    string(MAKE_C_IDENTIFIER "document-${output}" target)
    add_custom_target(${target} ALL DEPENDS ${output})
endfunction()

# netvane_manual_page(NAME.SECTION.scd): made with scdoc, after its tables are filled in.
function(netvane_manual_page source)
    get_filename_component(page ${source} NAME_WLE)
    string(REGEX MATCH "[0-9]$" section ${page})
    set(filled ${CMAKE_CURRENT_BINARY_DIR}/${page}.scd)
    netvane_document(${source} ${page}.scd)
    add_custom_command(OUTPUT ${page} COMMAND ${SCDOC} < ${filled} > ${page}
        DEPENDS ${filled} VERBATIM)
    string(MAKE_C_IDENTIFIER "page-${page}" target)
    add_custom_target(${target} ALL DEPENDS ${page})
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${page}
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()
