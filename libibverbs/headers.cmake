# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB

# Headers for programs. Installed as <infiniband/...>; in the build tree the same
# names are links, so that what we build includes what programs include.
set(IBVERBS_HEADERS
	arch.h
	ib_user_ioctl_verbs.h
	opcode.h
	sa-kern-abi.h
	sa.h
	tm_types.h
	verbs.h
	verbs_api.h)

# Makes each of the current folder's headers named reachable as <infiniband/...>,
# and installs it. The tests find them all in PUBLIC_HEADERS.
function(publish_headers)
	set_property(GLOBAL APPEND PROPERTY PUBLIC_HEADERS ${ARGV})
	file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/infiniband)
	foreach(header ${ARGV})
		file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header}
			${PROJECT_BINARY_DIR}/include/infiniband/${header}
			SYMBOLIC)
		install(FILES ${header}
			DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/infiniband)
	endforeach()
endfunction()

publish_headers(${IBVERBS_HEADERS})

add_library(ibverbs_headers INTERFACE)
target_include_directories(ibverbs_headers INTERFACE
	$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
	$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/kernel-headers>
	$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS ibverbs_headers EXPORT ibverbsShared)
