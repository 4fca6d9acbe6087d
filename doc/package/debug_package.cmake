# Run by cpack when the packages are made: CPack writes the build folder's path into md5sums of tcplens-dbgsym, which
# dpkg --verify then cannot find, and which differs from folder to folder.
file(GLOB debug_packages ${CPACK_PACKAGE_DIRECTORY}/tcplens-dbgsym_*.ddeb)
foreach(package IN LISTS debug_packages)
  set(tree ${CPACK_TOPLEVEL_DIRECTORY}/dbgsym)
  file(REMOVE_RECURSE ${tree})
  execute_process(COMMAND dpkg-deb --raw-extract ${package} ${tree} COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${tree}/DEBIAN/md5sums sums)
  string(REGEX REPLACE "  /[^\n]*-dbgsym/" "  " sums "${sums}")
  file(WRITE ${tree}/DEBIAN/md5sums "${sums}")
  file(GLOB_RECURSE symbols ${tree}/usr/lib/debug/*.debug)
  file(CHMOD ${symbols} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  file(MAKE_DIRECTORY ${tree}/usr/share/doc)
  file(CREATE_LINK tcplens ${tree}/usr/share/doc/tcplens-dbgsym SYMBOLIC) # its changelog and copyright
  execute_process(COMMAND dpkg-deb --root-owner-group -Zxz --build ${tree} ${package}
    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endforeach()
