# What differs between the kinds of packages; read by cpack.
if(CPACK_GENERATOR STREQUAL "RPM")
  set(CPACK_STRIP_FILES ON) # a .deb is stripped as its debug package is made
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Monitor of TCP connections for the terminal")
endif()
