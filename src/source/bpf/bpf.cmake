# What the program in the kernel is built with: clang compiles it, bpftool makes it a header, libbpf loads it.
# Sets TCPLENS_HAVE_BPF, TCPLENS_BPF_SKELETON, TCPLENS_WALK_SKELETON and TCPLENS_ROWS_SKELETON, and says at configure time what is missing.
set(TCPLENS_HAVE_BPF OFF)
if(TCPLENS_BPF STREQUAL "OFF")
  message(STATUS "bpf: off (TCPLENS_BPF)")
  return()
endif()

set(bpf_missing "")
pkg_check_modules(BPF IMPORTED_TARGET libbpf>=0.8)
if(NOT BPF_FOUND)
  list(APPEND bpf_missing "libbpf 0.8 or newer (libbpf-dev)")
endif()

find_program(TCPLENS_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
if(NOT TCPLENS_CLANG)
  list(APPEND bpf_missing "clang")
endif()

# On Ubuntu /usr/sbin/bpftool is a wrapper that fails where the tools of the running kernel are not installed.
file(GLOB bpftool_found /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool)
find_program(TCPLENS_BPFTOOL_FOUND NAMES bpftool PATHS /usr/sbin /sbin /usr/local/sbin)
set(TCPLENS_BPFTOOL "")
foreach(bpftool IN LISTS TCPLENS_BPFTOOL_FOUND bpftool_found)
  if(bpftool AND NOT TCPLENS_BPFTOOL)
    execute_process(COMMAND ${bpftool} version RESULT_VARIABLE bpftool_result OUTPUT_QUIET ERROR_QUIET)
    if(bpftool_result EQUAL 0)
      set(TCPLENS_BPFTOOL ${bpftool})
    endif()
  endif()
endforeach()
if(NOT TCPLENS_BPFTOOL)
  list(APPEND bpf_missing "a bpftool that runs (bpftool or linux-tools-generic)")
endif()

if(bpf_missing)
  list(JOIN bpf_missing ", " bpf_missing)
  if(TCPLENS_BPF STREQUAL "ON")
    message(FATAL_ERROR "bpf: missing: ${bpf_missing} (or configure with -DTCPLENS_BPF=AUTO)")
  endif()
  message(STATUS "bpf: left out: events between frames then come from the destroy groups only. Missing: ${bpf_missing}")
  return()
endif()

set(bpf_source ${CMAKE_CURRENT_SOURCE_DIR}/source/bpf/tcplens.bpf.c)
set(bpf_headers ${CMAKE_CURRENT_SOURCE_DIR}/source/bpf/kernel.h ${CMAKE_CURRENT_SOURCE_DIR}/source/bpf/record.h)
set(bpf_object ${CMAKE_CURRENT_BINARY_DIR}/tcplens.bpf.o)
set(TCPLENS_BPF_SKELETON ${CMAKE_CURRENT_BINARY_DIR}/tcplens.skel.h)
# asm/types.h lies in the folder of the architecture; clang does not look there for the bpf target.
set(bpf_includes "")
if(CMAKE_LIBRARY_ARCHITECTURE)
  set(bpf_includes -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
set(bpf_command ${TCPLENS_CLANG} -g -O2 -target bpf -Wall -Wextra -Wno-unused-parameter
  ${TCPLENS_PATH_FLAGS} -I ${CMAKE_CURRENT_SOURCE_DIR} ${bpf_includes})
add_custom_command(OUTPUT ${TCPLENS_BPF_SKELETON}
  COMMAND ${bpf_command} -c ${bpf_source} -o ${bpf_object}
  COMMAND ${TCPLENS_BPFTOOL} gen skeleton ${bpf_object} name tcplens_bpf > ${TCPLENS_BPF_SKELETON}
  DEPENDS ${bpf_source} ${bpf_headers}
  COMMENT "Building the program in the kernel" VERBATIM)
# A light skeleton (-L): the kernel finds the places of what is read itself, without libbpf.
function(tcplens_light_skeleton name variable comment)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/source/bpf/${name}.bpf.c)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(OUTPUT ${skeleton}
    COMMAND ${bpf_command} -c ${source} -o ${object}
    COMMAND ${TCPLENS_BPFTOOL} gen skeleton -L ${object} name ${name}_bpf > ${skeleton}
    DEPENDS ${source} ${bpf_headers}
    COMMENT ${comment} VERBATIM)
  set(${variable} ${skeleton} PARENT_SCOPE)
endfunction()
tcplens_light_skeleton(walk TCPLENS_WALK_SKELETON "Building the owner walk in the kernel")
tcplens_light_skeleton(rows TCPLENS_ROWS_SKELETON "Building the walk over sockets in the kernel")
set(TCPLENS_HAVE_BPF ON)
message(STATUS "bpf: built in")
