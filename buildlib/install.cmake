# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#
# What every library does alike when it is installed: its static twin, its
# pkg-config file, its place in the CMake package.

# static_library(TARGET NAME SOURCE...): libNAME.a of what TARGET is made of, as
# target TARGET_static.
function(static_library target name)
	if(NOT STATIC)
		return()
	endif()
	add_library(${target}_static STATIC ${ARGN})
	target_compile_definitions(${target}_static PRIVATE _GNU_SOURCE)
	set_target_properties(${target}_static PROPERTIES OUTPUT_NAME ${name})
	install(TARGETS ${target}_static EXPORT ibverbsStatic
		ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# static_provider(TARGET): TARGET_static is linked together with the library.
# LINK_ONLY: what the library tells programs to define is not for providers.
function(static_provider target)
	if(NOT STATIC)
		return()
	endif()
	target_include_directories(${target}_static
		PRIVATE ${PROJECT_SOURCE_DIR}/libibverbs)
	target_link_libraries(${target}_static PRIVATE ibverbs_headers
		$<LINK_ONLY:$<TARGET_NAME:ibverbs_static>>)
endfunction()

# install_library(TARGET): the shared one, and a file for pkg-config.
function(install_library target)
	install(TARGETS ${target} EXPORT ibverbsShared
		LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
	get_target_property(LIBRARY_VERSION ${target} VERSION)
	set(LIBRARY ${target})
	set(PC_IN ${PROJECT_SOURCE_DIR}/buildlib/direct-verbs.pc.in)
	if(target STREQUAL ibverbs)
		set(PC_IN ${PROJECT_SOURCE_DIR}/buildlib/libibverbs.pc.in)
	endif()
	configure_file(${PC_IN} ${PROJECT_BINARY_DIR}/lib${target}.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/lib${target}.pc
		DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# install_cmake_package(): find_package(ibverbs) of other projects.
function(install_cmake_package)
	include(CMakePackageConfigHelpers)
	set(dir ${CMAKE_INSTALL_LIBDIR}/cmake/ibverbs)

	install(EXPORT ibverbsShared NAMESPACE ibverbs:: DESTINATION ${dir})
	if(STATIC)
		install(EXPORT ibverbsStatic NAMESPACE ibverbs::
			DESTINATION ${dir})
	endif()
	write_basic_package_version_file(
		${PROJECT_BINARY_DIR}/ibverbs-config-version.cmake
		COMPATIBILITY SameMajorVersion)
	install(FILES ${PROJECT_SOURCE_DIR}/buildlib/ibverbs-config.cmake
		${PROJECT_BINARY_DIR}/ibverbs-config-version.cmake
		DESTINATION ${dir})
endfunction()
