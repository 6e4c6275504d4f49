# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB

# Interface checks: scripts that compare what we built with Debian's packages,
# where those are installed, and maps with headers.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(STOCK_ROOT_release / CACHE PATH "where Debian's libibverbs-dev is unpacked")
set(STOCK_ROOT_newest /opt/rdma-newest CACHE PATH "where its newest one is")
set(OUR_INCLUDE ${PROJECT_BINARY_DIR}/include)
get_property(PUBLIC_HEADERS GLOBAL PROPERTY PUBLIC_HEADERS)

# script_test(NAME SCRIPT ARGUMENT...)
function(script_test name script)
	add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -B
		${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARGN})
	set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77
		ENVIRONMENT CC=${CMAKE_C_COMPILER})
endfunction()

script_test(headers_alone check_headers_alone.py ${OUR_INCLUDE} ${PUBLIC_HEADERS})

script_test(man_examples check_man_examples.py --cc ${CMAKE_C_COMPILER}
	--include ${OUR_INCLUDE} ${PROJECT_SOURCE_DIR}/libibverbs/man
	${PROJECT_SOURCE_DIR}/providers/mlx5/man)

script_test(kernel_names check_kernel_names.py ${OUR_INCLUDE}
	${PROJECT_SOURCE_DIR}/kernel-headers)

# What ./dev abi shows, and whether Debian's programs find what they look up.
# The list of known differences is for this version of the package.
function(compare_with package version)
	script_test(abi_${package} abi.py --package ${package} --expect ${version}
		--release ${STOCK_ROOT_release} --newest ${STOCK_ROOT_newest}
		${PROJECT_BINARY_DIR})
	script_test(programs_bind_${package} check_programs.py
		--stock ${STOCK_ROOT_${package}}
		--ours ${PROJECT_BINARY_DIR}/lib)
endfunction()

compare_with(release 56)
set(COMPATIBLE 65)
compare_with(newest ${COMPATIBLE})

# The build with sanitizers has no pyverbs; it lies within one that has.
set(PYTHON_BUILD ${PROJECT_BINARY_DIR})
if(NOT PYTHON)
	get_filename_component(PYTHON_BUILD ${PROJECT_BINARY_DIR} DIRECTORY)
endif()

# Of the newest package nothing can be imported but by its own Python.
function(compare_python_with package version)
	script_test(abi_python_${package} abi.py --python --package ${package}
		--expect ${version} --release ${STOCK_ROOT_release}
		--newest ${STOCK_ROOT_newest} ${PYTHON_BUILD})
endfunction()

if(PYTHON OR EXISTS ${PYTHON_BUILD}/CMakeCache.txt)
	compare_python_with(release 56)
	compare_python_with(newest 65)
	script_test(test_pyverbs test_pyverbs.py ${PYTHON_BUILD})
	script_test(cython_rules check_cython.py ${PROJECT_SOURCE_DIR}/pyverbs)
	script_test(imports check_import.py ${PYTHON_BUILD})
	script_test(unmade_objects check_unmade.py ${PYTHON_BUILD})
	set_property(TEST test_pyverbs unmade_objects APPEND PROPERTY
		ENVIRONMENT LD_LIBRARY_PATH=${PYTHON_BUILD}/lib)
	script_test(stubs check_stubs.py --build ${PYTHON_BUILD}
		${PROJECT_SOURCE_DIR}/pyverbs/examples/reg_dmabuf.py)
endif()

add_test(NAME test_abi COMMAND ${Python3_EXECUTABLE} -B
	${CMAKE_CURRENT_SOURCE_DIR}/test_abi.py)

# map_test(LIBRARY FOLDER HEADER PREFIX...)
function(map_test library folder header)
	list(TRANSFORM ARGN PREPEND --prefix=)
	script_test(map_${library} check_map.py
		--map ${PROJECT_SOURCE_DIR}/${folder}/lib${library}.map
		--include ${OUR_INCLUDE} --headers ${header} ${ARGN}
		--undeclared ${UNDECLARED})
endfunction()

unit_test(test_unsupported mlx5 efa hns ionic mana mlx4 ibverbs)
unit_test(test_mlx4_formats ibverbs_headers)
unit_test(test_verbs_inline ibverbs_headers)

# What librdmacm, ibv_devinfo and pyverbs look up without a header of ours.
set(UNDECLARED
	ibv_copy_ah_attr_from_kern
	ibv_copy_path_rec_from_kern
	ibv_copy_path_rec_to_kern
	ibv_copy_qp_attr_from_kern
	ibv_dofork_range
	ibv_dontfork_range
	ibv_get_sysfs_path
	ibv_query_gid_type
	ibv_read_sysfs_file)
map_test(ibverbs libibverbs verbs.h ibv_ mult_ mbps_)
set(UNDECLARED)
map_test(efa providers/stubs efadv.h efadv_)
map_test(hns providers/stubs hnsdv.h hnsdv_)
map_test(ionic providers/stubs ionic_dv.h ionic_dv_)
map_test(mana providers/stubs manadv.h manadv_)
map_test(mlx4 providers/stubs mlx4dv.h mlx4dv_)

# The first is a macro now, the other is for libibverbs.
set(UNDECLARED mlx5dv_create_flow verbs_provider_mlx5)
map_test(mlx5 providers/mlx5 mlx5dv.h mlx5dv_)
script_test(mlx5dv_not_implemented check_not_implemented.py
	${PROJECT_SOURCE_DIR}/providers/mlx5/unsupported.c
	${PROJECT_SOURCE_DIR}/providers/mlx5/README.md)
