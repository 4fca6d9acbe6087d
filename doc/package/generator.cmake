# What differs between the kinds of packages; read by cpack.
if(CPACK_GENERATOR STREQUAL "RPM")
  set(CPACK_STRIP_FILES ON) # a .deb is stripped as its debug package is made
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Monitor of TCP connections for the terminal")
endif()

# The time in the packages is that of the commit, unless given.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND git -C ${CPACK_PACKAGE_SOURCE_FOLDER} log -1 --format=%ct OUTPUT_VARIABLE epoch
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(epoch)
    set(ENV{SOURCE_DATE_EPOCH} ${epoch})
  endif()
endif()
