# Makes tcplens.conf(5) of the section SETTINGS of tcplens(1).
#   cmake -DMANUAL=tcplens.1 -DPAGE= -P conf.cmake
file(READ ${MANUAL} text)
string(FIND "${text}" ".Sh SETTINGS\n" from)
string(FIND "${text}" ".Sh ENVIRONMENT\n" to)
if(from LESS 0 OR to LESS from)
  message(FATAL_ERROR "${MANUAL}: no section SETTINGS in front of ENVIRONMENT")
endif()
math(EXPR from "${from} + 13")
math(EXPR length "${to} - ${from}")
string(SUBSTRING "${text}" ${from} ${length} body)
string(REGEX MATCH "\\.Dd [^\n]*\n" date "${text}")
file(WRITE ${PAGE} "${date}.Dt TCPLENS.CONF 5
.Os
.Sh NAME
.Nm tcplens.conf
.Nd settings of tcplens
.Sh SYNOPSIS
.Pa $XDG_CONFIG_HOME/tcplens/config
.Pa $XDG_CONFIG_HOME/tcplens/themes/NAME.theme
.Sh DESCRIPTION
${body}.Sh SEE ALSO
.Xr tcplens 1 ,
.Xr tcplens-filter 7
")
