# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#
# find_package(ibverbs) gives ibverbs::ibverbs and, one each, the direct-verbs
# libraries (ibverbs::mlx5 ...). Where libmnl can be linked too there is
# ibverbs::ibverbs_static, with all providers inside.
include(CMakeFindDependencyMacro)
include(${CMAKE_CURRENT_LIST_DIR}/ibverbsShared.cmake)

if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/ibverbsStatic.cmake)
	find_package(PkgConfig QUIET)
	find_package(Threads QUIET)
	if(PkgConfig_FOUND AND Threads_FOUND)
		pkg_check_modules(MNL QUIET IMPORTED_TARGET libmnl)
	endif()
	if(TARGET PkgConfig::MNL)
		include(${CMAKE_CURRENT_LIST_DIR}/ibverbsStatic.cmake)
	endif()
endif()
