# Makes a man page of a document: lowdown's man output, with a NAME section in front.
#   cmake -DLOWDOWN= -DDOCUMENT= -DNAME= -DSECTION= -DTITLE= -DPAGE= -P page.cmake
execute_process(COMMAND ${LOWDOWN} -s -Tman -m "title: ${NAME}" -m "section: ${SECTION}" -m "date: 2026-11-27"
  -m "source: tcplens" -m "volume: tcplens" ${DOCUMENT} OUTPUT_VARIABLE text RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${DOCUMENT}: lowdown failed")
endif()
string(FIND "${text}" ".SH" at)
string(SUBSTRING "${text}" 0 ${at} head)
string(SUBSTRING "${text}" ${at} -1 body)
string(REPLACE "\\fC" "\\fB" body "${body}") # the page is read in terminals: no font of fixed width
string(REGEX REPLACE "(\\.S[SH]\n[^\n]*\n)\\.[LP]P\n" "\\1" body "${body}")
file(WRITE ${PAGE} "${head}.SH NAME\n${NAME} \\- ${TITLE}\n${body}")
