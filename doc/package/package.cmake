# CPack: tcplens_VERSION_ARCH.deb with tcplens-dbgsym beside it, or an RPM, of what is installed.
#   cmake -S . -B build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=/usr -DTCPLENS_TESTS=OFF
#   cmake --build build && (cd build && cpack -G DEB)
set(CPACK_PACKAGE_NAME tcplens)
set(CPACK_PACKAGE_VENDOR "the tcplens authors")
set(CPACK_PACKAGE_CONTACT "the tcplens authors <tcplens@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "monitor of TCP connections for the terminal")
set(CPACK_PACKAGE_DESCRIPTION_FILE ${CMAKE_CURRENT_LIST_DIR}/description)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libcap2-bin, prometheus-node-exporter")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${CMAKE_CURRENT_LIST_DIR}/postinst;${CMAKE_CURRENT_LIST_DIR}/prerm;${CMAKE_CURRENT_LIST_DIR}/postrm")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
set(CPACK_PACKAGE_SOURCE_FOLDER ${PROJECT_SOURCE_DIR}) # for generator.cmake
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/generator.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debug_package.cmake)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "MIT")
set(CPACK_RPM_PACKAGE_AUTOREQ ON)
set(CPACK_RPM_CHANGELOG_FILE ${CMAKE_CURRENT_LIST_DIR}/changelog.rpm)
# The same bytes wherever and whenever it is built: no name of the host, times no later than SOURCE_DATE_EPOCH.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _buildhost reproducible
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1")
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /usr/sbin /usr/lib/systemd /usr/lib/systemd/system /usr/share/zsh
  /usr/share/zsh/site-functions /usr/share/zsh/vendor-completions /usr/share/fish /usr/share/fish/vendor_completions.d
  /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/man /usr/share/man/man1
  /usr/share/man/man5 /usr/share/man/man7 /usr/share/man/man8)
include(CPack)

# tcplens.cdx.json, the bill of materials of what was built: cmake --build build --target sbom
find_package(Python3 COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  set(sbom_tools "")
  get_directory_property(sbom_has_bpf DIRECTORY ${PROJECT_SOURCE_DIR}/src DEFINITION TCPLENS_HAVE_BPF)
  if(sbom_has_bpf)
    get_directory_property(sbom_bpftool DIRECTORY ${PROJECT_SOURCE_DIR}/src DEFINITION TCPLENS_BPFTOOL)
    set(sbom_tools ${TCPLENS_CLANG} ${sbom_bpftool})
  endif()
  add_custom_target(sbom COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_LIST_DIR}/sbom.py $<TARGET_FILE:tcplens>
    ${PROJECT_VERSION} ${CMAKE_C_COMPILER} ${sbom_tools} > ${PROJECT_BINARY_DIR}/tcplens.cdx.json VERBATIM)
endif()
