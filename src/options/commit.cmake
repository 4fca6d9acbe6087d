# Writes HEADER with the commit of the tree, when that has changed: -DSOURCE= -DHEADER= -P commit.cmake
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=10 HEAD OUTPUT_VARIABLE commit RESULT_VARIABLE result
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
# A tree without a repository of its own may lie within another one's.
set(text "")
if(result EQUAL 0 AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git -C ${SOURCE} diff --quiet HEAD -- src RESULT_VARIABLE changed ERROR_QUIET)
  set(text " (commit ${commit}")
  if(NOT changed EQUAL 0)
    string(APPEND text ", with changes")
  endif()
  string(APPEND text ")")
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define TCPLENS_COMMIT \"${text}\"\n" @ONLY)
